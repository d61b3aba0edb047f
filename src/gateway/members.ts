import type { Resource } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import { BATCH, type Member } from "./domains.ts";
import type { HttpPart, Run } from "./parts.ts";
import { selectVirtualServices, type VirtualServices } from "./selection.ts";
import { type JoinedVirtualService, translateVirtualService, warnsOfShadowing } from "./virtual_host.ts";

/** Equal for all VirtualServices, as they are their own keys. */
const NO_INPUTS: readonly unknown[] = [];

/**
 * The VirtualServices that join an http gateway, translated; undefined if its selection is malformed. One that did not
 * change, nor anything that it refers to, is the same object as before. Yields after each that was made.
 */
export function* membersOf(
  run: Run,
  gateway: Resource<"Gateway">,
  part: HttpPart,
): Generator<void, readonly Member[] | undefined> {
  const { revision, settings, proxy } = run;
  const selection = selectionOf(run, part);
  run.reports.push(selection.reports);
  if (!selection.virtualServices) return undefined;
  const input = { gateway: gateway.metadata.name, proxy, warnsOfShadowing: warnsOfShadowing(settings), revision };
  const scope = `${proxy} ${input.gateway} ${input.warnsOfShadowing}`;
  const table = revision.table<Resource<"VirtualService">, JoinedVirtualService>("virtual service", scope);
  const members: Member[] = [];
  let reused = 0;
  for (const virtualService of selection.virtualServices) {
    let joined = table.find(virtualService, NO_INPUTS);
    if (joined) {
      if (++reused % BATCH === 0) yield;
    } else {
      const make = () => translateVirtualService({ ...input, virtualService });
      joined = yield* table.recallInSlices(virtualService, NO_INPUTS, make);
      yield;
    }
    if (joined.reports.length > 0) run.reports.push(joined.reports);
    if (joined.member) members.push(joined.member);
  }
  return members;
}

interface Selection {
  readonly virtualServices: VirtualServices;
  readonly reports: readonly Report[];
}

function selectionOf({ revision, proxy }: Run, { key, place }: HttpPart): Selection {
  return revision.table<string, Selection>("selection", proxy).recall(key, [place], () => {
    const reports: Report[] = [];
    return { virtualServices: selectVirtualServices(place, revision.lookup, reports), reports };
  });
}
