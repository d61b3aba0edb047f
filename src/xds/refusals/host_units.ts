import { domainsOf } from "../domains.ts";
import type { ResourceSet, XdsResource } from "../resource.ts";
import type { ResourceHold } from "./client_hold.ts";
import { framedUnits } from "./part_units.ts";
import { standInHost } from "./stand_ins.ts";
import type { Unit } from "./units.ts";

interface HostChanges {
  readonly before: ResourceSet;
  /** New, or in another form than in `before`. */
  readonly changed: readonly XdsResource[];
  /** Names of those that are to go. */
  readonly removed: readonly string[];
  /** What the configuration says, where something is held for the client. */
  readonly said: ResourceSet;
  readonly configurationOf: (host: string) => string | undefined;
}

/**
 * The virtual hosts that are new, each with the routes that are new in it. Hosts between which domains move are one unit: no
 * two may have a domain at once, and none should be without an answer.
 */
export function hostUnits(changes: HostChanges): Unit[] {
  const { before, changed, removed } = changes;
  const byName = new Map(changed.map((host) => [host.name, host]));
  const names = [...byName.keys(), ...removed];
  const forms = (name: string) => [before.get(name), byName.get(name)].filter((host) => host !== undefined);
  return groupsByDomain(names, forms).flatMap((group) => {
    const [name] = group;
    if (group.length > 1) return groupUnit(changes, group, byName);
    const host = byName.get(name!);
    return host ? unitsOfHost(changes, host) : [];
  });
}

function unitsOfHost(changes: HostChanges, host: XdsResource): Unit[] {
  const { before, configurationOf } = changes;
  const last = before.get(host.name);
  const configuration = configurationOf(host.name);
  const whole = wholeHost(changes, last, host);
  return framedUnits({ type: "virtualHost", before: last, after: host, configuration, whole });
}

function wholeHost(changes: HostChanges, last: XdsResource | undefined, host: XdsResource): Unit {
  const hold = resourceHold(changes, host);
  const closed = [{ ...hold, shows: "500", instead: standInHost(host) } as const];
  const none = [{ ...hold, shows: "nothing", instead: undefined } as const];
  if (last === undefined) return { resource: host.name, kept: none, forms: [closed, none] };
  const kept = [{ ...hold, shows: "last accepted", instead: last } as const];
  return { resource: host.name, kept, forms: [kept, closed, none] };
}

function resourceHold(
  { said, configurationOf }: HostChanges,
  host: XdsResource,
): Omit<ResourceHold, "instead" | "shows"> {
  const { name } = host;
  const refused = (said.get(name) ?? host).version;
  return { what: "resource", type: "virtualHost", name, configuration: configurationOf(name), refused, also: [] };
}

/** Some of the hosts had domains before: those go on as they were. */
function groupUnit(
  changes: HostChanges,
  group: readonly string[],
  byName: ReadonlyMap<string, XdsResource>,
): Unit[] {
  const { before } = changes;
  const hosts = group.flatMap((name) => byName.get(name) ?? []);
  const [first] = hosts;
  if (first === undefined) return [];
  const stay = group.flatMap((name) => byName.has(name) ? [] : before.get(name) ?? []);
  const kept = hosts.map((host): ResourceHold => ({
    ...resourceHold(changes, host),
    shows: before.has(host.name) || stay.length > 0 ? "last accepted" : "nothing",
    instead: before.get(host.name),
    also: stay,
  }));
  const within = kept.map((hold): Unit => ({ resource: hold.name, kept: [hold], forms: [[hold]] }));
  return [{ resource: first.name, kept, forms: [kept], ...(within.length > 1 && { within }) }];
}

/** Names that are tied by domains, directly or through others. */
function groupsByDomain(names: readonly string[], forms: (name: string) => readonly XdsResource[]): string[][] {
  const owner = new Map<string, string[]>();
  const groups = new Map<string, string[]>();
  for (const name of names) {
    let group = [name];
    const domains = new Set(forms(name).flatMap((host) => domainsOf(host.bytes)));
    for (const domain of domains) {
      const other = owner.get(domain);
      if (other === undefined || groups.get(other[0]!) === group) continue;
      const tied = groups.get(other[0]!)!;
      group = [...tied, ...group];
      for (const each of group) groups.set(each, group);
    }
    groups.set(name, group);
    for (const domain of domains) owner.set(domain, group);
  }
  return [...new Set(groups.values())];
}
