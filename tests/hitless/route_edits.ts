import { type Change, pickService, someDestinations } from "./edit.ts";
import { changedOptions } from "./options.ts";
import { newRoute, PREFIXES } from "./world.ts";

/** A service and one of its routes, whose form counts as changed. */
export const weightsChanged: Change = (editing) => {
  const service = pickService(editing);
  const route = editing.random.pick(service.routes);
  if (route.to.length === 1) route.to = someDestinations(editing);
  else {route.to = route.to.map(({ upstream }, i) => ({
      upstream,
      weight: (i === 0 ? 1 : 0) + editing.random.below(9),
    })
    );}
  service.form++;
  return { what: `${service.name} ${route.name}: ${JSON.stringify(route.to)}` };
};

export const backendSwapped: Change = (editing) => {
  const service = pickService(editing);
  const route = editing.random.pick(service.routes);
  route.to = someDestinations(editing, route.to.map(({ upstream }) => upstream)).slice(0, 1);
  service.form++;
  return { what: `${service.name} ${route.name}: to ${route.to[0]!.upstream}` };
};

/** The route's destinations go into an UpstreamGroup, or come back from there. */
export const destinationsGrouped: Change = (editing) => {
  const service = pickService(editing);
  const route = editing.random.pick(service.routes);
  route.group = route.group ? undefined : `group-${editing.fresh()}`;
  service.form++;
  return { what: `${service.name} ${route.name}: ${route.group ?? "without a group"}` };
};

export const routesReordered: Change = (editing) => {
  const service = pickService(editing);
  if (service.routes.length < 3) return undefined;
  const at = editing.random.below(service.routes.length - 2);
  const [first, second] = [service.routes[at]!, service.routes[at + 1]!];
  service.routes.splice(at, 2, second, first);
  service.form++;
  return { what: `${service.name}: ${second.name} before ${first.name}` };
};

export const routeRenamed: Change = (editing) => {
  const service = pickService(editing);
  const route = editing.random.pick(service.routes);
  const before = route.name;
  route.name = `renamed-${editing.fresh()}`;
  service.form++;
  return { what: `${service.name}: ${before} is ${route.name}` };
};

export const routeAdded: Change = (editing) => {
  const { random } = editing;
  const service = pickService(editing);
  const free = PREFIXES.filter((prefix) => !service.routes.some((route) => route.prefix === prefix));
  if (free.length === 0) return undefined;
  const route = newRoute(random.pick(free), someDestinations(editing));
  service.routes.splice(random.below(service.routes.length), 0, route);
  service.form++;
  return { what: `${service.name}: ${route.prefix} to ${JSON.stringify(route.to)}` };
};

export const routeRemoved: Change = (editing) => {
  const service = pickService(editing);
  if (service.routes.length < 2) return undefined;
  const [route] = service.routes.splice(editing.random.below(service.routes.length - 1), 1);
  service.form++;
  return { what: `${service.name}: ${route!.prefix}` };
};

export const routeOptionsChanged: Change = (editing) => {
  const service = pickService(editing);
  const route = editing.random.pick(service.routes);
  const of = route.prefix === "/" ? "last route" : "route";
  const { options, what } = changedOptions(editing.random, route.options, of, service.retries);
  route.options = options;
  service.form++;
  return { what: `${service.name} ${route.name}: ${what}` };
};

/** A VirtualHostOption in a file of its own comes, changes or goes. */
export const sharedOptionsChanged: Change = (editing) => {
  const service = pickService(editing);
  const { options, what } = changedOptions(
    editing.random,
    service.shared?.options ?? {},
    "virtual host",
    service.retries,
  );
  const name = service.shared?.name ?? `shared-${editing.fresh()}`;
  service.shared = service.shared && editing.random.oneIn(3) ? undefined : { name, options };
  service.form++;
  return { what: `${service.name}: ${name} ${service.shared ? what : "goes"}` };
};

export const hostOptionsChanged: Change = (editing) => {
  const service = pickService(editing);
  const { options, what } = changedOptions(editing.random, service.options, "virtual host", service.retries);
  service.options = options;
  service.form++;
  return { what: `${service.name}: ${what}` };
};
