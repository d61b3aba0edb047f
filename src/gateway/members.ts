import type { Resource } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { Member } from "./domains.ts";
import type { HttpPart, Run } from "./parts.ts";
import { joins, selectVirtualServices, type VirtualServices } from "./selection.ts";
import { type JoinedVirtualService, translateVirtualService, warnsOfShadowing } from "./virtual_host.ts";

/**
 * The VirtualServices that join an http gateway, translated; undefined if its selection is malformed. One that did not
 * change, nor anything that it refers to, is the same object as before, and so is the list of them. Yields after each that
 * was made.
 */
export function* membersOf(
  run: Run,
  gateway: Resource<"Gateway">,
  part: HttpPart,
): Generator<void, readonly Member[] | undefined> {
  const { revision, proxy } = run;
  const { key, place } = part;
  const { virtualServices: selected, reports } = selectionOf(run, part);
  run.reports.push(reports);
  if (!selected) return undefined;
  const joining = revision.table<string, Resource<"VirtualService">>("joining", proxy)
    .flatMap(`${key} ${place.ssl}`, selected, (virtualService) => joins(virtualService, place) ? [virtualService] : []);
  const joined = yield* translated(run, gateway, key, joining);
  run.reports.push(
    revision.table<string, Report>("reports of members", proxy).flatMap(key, joined, ({ reports }) => reports),
  );
  return revision.table<string, Member>("members", proxy)
    .flatMap(key, joined, ({ member }) => member ? [member] : []);
}

function* translated(
  { revision, settings, proxy }: Run,
  { metadata, spec }: Resource<"Gateway">,
  key: string,
  joining: readonly Resource<"VirtualService">[],
): Generator<void, readonly JoinedVirtualService[]> {
  const input = { gateway: metadata.name, proxy, warnsOfShadowing: warnsOfShadowing(settings), revision };
  const scope = `${proxy} ${input.gateway} ${input.warnsOfShadowing}`;
  const table = revision.table<Resource<"VirtualService"> | string, JoinedVirtualService>("virtual service", scope);
  const make = (index: number) => translateVirtualService({ ...input, virtualService: joining[index]! });
  // The parts of a hybrid Gateway share what joins several of them.
  const shared = (index: number) => table.recallInSlices(joining[index]!, [], () => make(index));
  const name = spec.hybridGateway ? "virtual services of a part" : "virtual service";
  return yield* revision.table<string, JoinedVirtualService>(name, scope)
    .recallEach(key, { items: joining }, [], spec.hybridGateway ? shared : make);
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
