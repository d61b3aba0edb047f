import {
  type Change,
  type Editing,
  httpUpstreams,
  ownUpstreams,
  pickService,
  someDestinations,
  usersOf,
} from "./edit.ts";
import { changedOptions } from "./options.ts";
import {
  type DestinationForm,
  HTTP_BACKENDS,
  newRoute,
  PREFIXES,
  TCP_BACKENDS,
  type UpstreamForm,
  WARMINGS,
} from "./world.ts";

/** More upstreams than these are not added. */
const MOST_OWN = 8;

/** Adds an upstream with a back end; gives its name. Some of them are ready only after a while. */
export function addUpstream({ world, random, fresh }: Editing, file?: string): string {
  const name = `n${fresh()}`;
  const form: UpstreamForm = {
    file: file ?? `upstreams/${name}.yaml`,
    hosts: [random.pick(HTTP_BACKENDS)],
    protocol: "http",
    warming: random.pick([...WARMINGS, "health check"]),
    options: {},
  };
  world.upstreams.set(name, form);
  return name;
}

/** A new upstream and a route to it, in one file or in two: a new route, another back end, or a part of the traffic. */
export const upstreamAdded: Change = (editing) => {
  const { random } = editing;
  if (ownUpstreams(editing).length >= MOST_OWN) return undefined;
  const service = pickService(editing);
  const name = addUpstream(editing, random.oneIn(2) ? service.file : undefined);
  const free = PREFIXES.filter((prefix) => !service.routes.some((route) => route.prefix === prefix));
  const part: DestinationForm = { upstream: name, weight: 1 + random.below(5) };
  service.form++;
  const where = `${editing.world.upstreams.get(name)!.warming}) in ${editing.world.upstreams.get(name)!.file}`;
  if (free.length > 0 && random.oneIn(3)) {
    const route = newRoute(random.pick(free), [part]);
    service.routes.splice(random.below(service.routes.length), 0, route);
    return { what: `${name} (${where}, for a new route ${route.prefix} of ${service.name}` };
  }
  const route = random.pick(service.routes);
  if (random.oneIn(3) && !route.to.some(({ upstream }) => upstream === name)) route.to = [...route.to, part].slice(-3);
  else route.to = [part];
  return { what: `${name} (${where}, for ${service.name} ${route.name}` };
};

/** One that was added goes, and all routes to it go elsewhere or go as well. */
export const upstreamRemoved: Change = (editing) => {
  const { world, random } = editing;
  const own = ownUpstreams(editing);
  if (own.length === 0) return undefined;
  const [name] = random.pick(own);
  const users = usersOf(editing, name);
  world.upstreams.delete(name);
  for (const service of users) {
    for (const route of [...service.routes]) {
      if (!route.to.some(({ upstream }) => upstream === name)) continue;
      const left = route.to.filter(({ upstream, weight }) => upstream !== name && weight > 0);
      if (left.length > 0) route.to = left;
      else if (route.prefix !== "/" && random.oneIn(2)) service.routes.splice(service.routes.indexOf(route), 1);
      else route.to = someDestinations(editing);
    }
    service.form++;
  }
  return { what: `${name}, of ${users.map(({ name }) => name).join(", ") || "nobody"}` };
};

/** The same back end under another name: all that used the one use the other. */
export const upstreamRenamed: Change = (editing) => {
  const { world, random } = editing;
  const own = ownUpstreams(editing);
  if (own.length === 0) return undefined;
  const [before, form] = random.pick(own);
  const users = usersOf(editing, before);
  const after = `n${editing.fresh()}`;
  // Where others than the file's own service use it, the new name has to be there before they change.
  const alone = users.every(({ file, table }) => file === form.file && (table?.file ?? file) === file);
  world.upstreams.set(after, { ...form, file: alone ? form.file : `upstreams/${after}.yaml` });
  world.upstreams.delete(before);
  for (const service of users) {
    for (const route of service.routes) {
      route.to = route.to.map((part) => part.upstream === before ? { ...part, upstream: after } : part);
    }
    service.form++;
  }
  return { what: `${before} is ${after}, of ${users.map(({ name }) => name).join(", ") || "nobody"}` };
};

/** Another folder takes the place of the one that was read. */
export const linkTurned: Change = ({ world }) => {
  world.generation++;
  return { what: `generation ${world.generation}` };
};

/** The same with a change in it. */
export const linkTurnedWithChange: Change = async (editing) => {
  const done = await editing.random.pick([upstreamAdded, upstreamRemoved, upstreamRenamed])(editing);
  editing.world.generation++;
  return { what: `generation ${editing.world.generation}, ${done?.what ?? "nothing else"}` };
};

export const hostsChanged: Change = (editing) => {
  const { random } = editing;
  const [name, upstream] = random.pick(httpUpstreams(editing));
  const before = upstream.hosts.join();
  upstream.hosts = HTTP_BACKENDS.filter(() => random.oneIn(2));
  if (upstream.hosts.length === 0) upstream.hosts = [random.pick(HTTP_BACKENDS)];
  return upstream.hosts.join() === before ? undefined : { what: `${name}: ${before} to ${upstream.hosts.join()}` };
};

export const tcpHostsChanged: Change = ({ world, random }) => {
  const name = random.pick(["tcp-stay", "tcp0", "tcp1"]);
  const upstream = world.upstreams.get(name)!;
  const before = upstream.hosts.join();
  upstream.hosts = random.pick([["t0"], ["t1"], [...TCP_BACKENDS]]);
  return upstream.hosts.join() === before ? undefined : { what: `${name}: ${before} to ${upstream.hosts.join()}` };
};

/** The cluster becomes one of another sort under the same name. */
export const warmingChanged: Change = (editing) => {
  const [name, upstream] = editing.random.pick(httpUpstreams(editing));
  const before = upstream.warming;
  upstream.warming = editing.random.pick(WARMINGS.filter((warming) => warming !== before));
  return { what: `${name}: ${upstream.warming} after ${before}` };
};

export const upstreamOptionsChanged: Change = (editing) => {
  const [name, upstream] = editing.random.pick(httpUpstreams(editing));
  const { options, what } = changedOptions(editing.random, upstream.options, "upstream");
  upstream.options = options;
  return { what: `${name}: ${what}` };
};
