import type { Origin } from "../api/mod.ts";
import { ownersOf, type Served } from "../holds/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import type { ClientHolds, RefusedHold } from "../xds/mod.ts";

/** So many clients are named. */
const NAMED = 3;

/** What clients of one proxy say against one place. */
interface Refusal {
  readonly origin: Origin;
  readonly role: string;
  readonly one: RefusedHold;
  readonly clients: string[];
}

/**
 * A report on each place that clients refuse. `served`: what each role was served last; what is no longer part of that is
 * refused no more, as far as anybody knows.
 */
export function refusalReports(all: readonly ClientHolds[], served: (role: string) => Served | undefined): Report[] {
  const refusals = new Map<string, Refusal>();
  for (const { client, holds } of all) {
    const pieces = served(client.role)?.pieces;
    if (pieces === undefined) continue;
    for (const one of holds) {
      for (const origin of ownersOf(pieces, one.hold)) {
        const { kind, namespace, name, path } = origin;
        const key = JSON.stringify([client.role, kind, namespace, name, path, one.detail, one.hold.shows]);
        const known = refusals.get(key);
        const who = `${client.nodeId} (${client.userAgent})`;
        if (known) known.clients.push(who);
        else refusals.set(key, { origin, role: client.role, one, clients: [who] });
      }
    }
  }
  return [...refusals.values()].map(({ origin, role, one, clients }) =>
    makeReport("error", "SLUICE-1501", origin, origin.path, messageOf(role, one, clients))
  );
}

const SHOWS = {
  "last accepted": "it goes on with the form that it accepted last",
  "500": "it answers 500 in its place",
  nothing: "it has nothing in its place",
} as const;

/** See KeptDependents in src/xds/refusals. */
const WITHOUT_SECRET = "what needs it goes on as it was, or stays away";

function messageOf(role: string, { hold, detail }: RefusedHold, clients: readonly string[]): string {
  const named = [...new Set(clients)].sort();
  const more = named.length > NAMED ? ` and ${named.length - NAMED} more` : "";
  const who = `${named.slice(0, NAMED).join(", ")}${more}`;
  const shows = hold.type === "secret" && hold.shows === "nothing" ? WITHOUT_SECRET : SHOWS[hold.shows];
  return `refused by proxy ${proxyOf(role)}, Envoy ${who}: ${JSON.stringify(detail.trim())}; ${shows}`;
}

/** `<namespace>~<name>` */
function proxyOf(role: string): string {
  return role.slice(role.indexOf("~") + 1);
}
