import { type Change, editable, type Editing, pickService, someDestinations, usersOf } from "./edit.ts";
import { addUpstream } from "./upstream_edits.ts";
import { type Gate, gatewaysOf, newRoute, newService, ROAMERS, type ServiceForm } from "./world.ts";

/** Hosts that come and go. */
const COMING = ["g0", "g1", "g2"];
/** Hosts with long connections, and those that share a domain, stay where they are. */
const SETTLED: readonly string[] = ["ws", ...ROAMERS];

const targets = (host: string, gate: Gate): string[] => gatewaysOf(gate).map((gateway) => `${gateway}/${host}`);

export const serviceAdded: Change = (editing) => {
  const { world, random } = editing;
  const absent = COMING.filter((host) => !world.services.has(host));
  if (absent.length === 0) return undefined;
  const host = random.pick(absent);
  const gate = random.pick<Gate>(["main", "alt", "both"]);
  const service = newService(host, { gate, file: `services/${host}-${editing.fresh()}.yaml` });
  const own = random.oneIn(2) ? [{ upstream: addUpstream(editing, service.file), weight: 1 }] : undefined;
  service.routes.push(newRoute("/", own ?? someDestinations(editing)));
  world.services.set(host, service);
  return { what: `${host} at ${gate}${own ? ` with ${own[0]!.upstream}` : ""}` };
};

export const serviceRemoved: Change = (editing) => {
  const { world, random } = editing;
  const present = COMING.filter((host) => world.services.has(host));
  if (present.length === 0) return undefined;
  const host = random.pick(present);
  const { file, gate } = world.services.get(host)!;
  const along = [...world.upstreams].filter(([, upstream]) => upstream.file === file).map(([name]) => name);
  const others = along.flatMap((name) => usersOf(editing, name)).filter((service) => service.file !== file);
  if (others.length > 0) return undefined;
  world.services.delete(host);
  for (const name of along) world.upstreams.delete(name);
  return { what: [host, ...along].join(" with "), away: targets(host, gate) };
};

/** In place, or as a new file beside the old one, which goes afterwards. */
export const serviceRenamed: Change = (editing) => {
  const service = pickService(editing);
  const before = service.name;
  const number = editing.fresh();
  service.name = `${before.split("-")[0]}-${number}`;
  if (editing.random.oneIn(2)) moveFile(editing, service, `services/renamed-${number}.yaml`);
  service.form++;
  return { what: `${before} is ${service.name} in ${service.file}` };
};

/** To another gateway, to both, or away from one of both. */
export const serviceMoved: Change = (editing) => {
  const { random } = editing;
  const movable = editable(editing).filter(([host, { gate }]) => gate !== "tls" && !SETTLED.includes(host));
  const [host, service] = random.pick(movable);
  const before = service.gate;
  service.gate = random.pick((["main", "alt", "both"] as const).filter((gate) => gate !== before));
  service.form++;
  const there = targets(host, service.gate);
  return {
    what: `${host}: from ${before} to ${service.gate}`,
    away: targets(host, before).filter((target) => !there.includes(target)),
  };
};

/** From one VirtualService to another: in one save, or who gets it claims it before the other gives it up. */
export const domainMoved: Change = (editing) => {
  const { world, random } = editing;
  const [from, to] = world.roaming === ROAMERS[0] ? ROAMERS : ROAMERS.toReversed();
  const [loses, gains] = [world.services.get(from!)!, world.services.get(to!)!];
  if (loses.file !== gains.file && random.oneIn(3)) {
    // Only the next edit moves the domain: of two files with one name in them the first counts.
    moveFile(editing, gains, loses.file);
    return { what: `${to} comes into the file of ${from}` };
  }
  world.roaming = to!;
  for (const service of [loses, gains]) service.form++;
  return { what: `from ${from} to ${to}${loses.file === gains.file ? ", both in one file" : ""}` };
};

/** The routes go into a RouteTable, in the same file or one of its own, or come back from there. */
export const routesDelegated: Change = (editing) => {
  const service = pickService(editing);
  const number = editing.fresh();
  const file = editing.random.oneIn(2) ? service.file : `tables/table-${number}.yaml`;
  service.table = service.table ? undefined : { name: `table-${number}`, file };
  service.form++;
  return { what: `${service.name}: ${service.table ? `to a table in ${file}` : "in the service again"}` };
};

export const fileMoved: Change = (editing) => {
  const service = pickService(editing);
  const before = service.file;
  moveFile(editing, service, `services/moved-${editing.fresh()}.yaml`);
  return { what: `${before} is ${service.file}` };
};

function moveFile({ world }: Editing, service: ServiceForm, to: string): void {
  const before = service.file;
  service.file = to;
  if (service.table?.file === before) service.table = { ...service.table, file: to };
  for (const upstream of world.upstreams.values()) if (upstream.file === before) upstream.file = to;
}
