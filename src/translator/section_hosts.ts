import type { AggregateListener, HttpListener, Origin, ProxyListener, ProxyVirtualHost } from "../api/mod.ts";
import { at } from "./origins.ts";

/** The virtual hosts of one section. */
export interface SectionHosts {
  readonly virtualHosts: readonly ProxyVirtualHost[];
  /** Where the one with this index stands in the Proxy. */
  readonly placeOf: (index: number) => Origin;
}

/** The listener without its virtual hosts: all that filter chains may depend on. */
export function withoutVirtualHosts(listener: ProxyListener): ProxyListener {
  const { httpListener, hybridListener, aggregateListener, ...rest } = listener;
  return {
    ...rest,
    ...(httpListener && { httpListener: bareHttp(httpListener) }),
    ...(hybridListener && {
      hybridListener: {
        ...hybridListener,
        matchedListeners: hybridListener.matchedListeners?.map((matched) =>
          matched.httpListener ? { ...matched, httpListener: bareHttp(matched.httpListener) } : matched
        ),
      },
    }),
    ...(aggregateListener && { aggregateListener: bareAggregate(aggregateListener) }),
  };
}

function bareHttp({ virtualHosts: _, ...rest }: HttpListener): HttpListener {
  return rest;
}

function bareAggregate({ httpResources, httpFilterChains, ...rest }: AggregateListener): AggregateListener {
  return {
    ...rest,
    ...(httpResources && { httpResources: { httpOptions: httpResources.httpOptions } }),
    httpFilterChains: httpFilterChains?.map(({ virtualHostRefs: _, ...chain }) => chain),
  };
}

/** The virtual hosts of the sections of a listener, in the order of `sectionsOf`; `place` is the listener's. */
export function sectionHosts(listener: ProxyListener, place: Origin): readonly SectionHosts[] {
  if (listener.hybridListener) {
    const matched = listener.hybridListener.matchedListeners ?? [];
    return matched.map(({ httpListener }, i) =>
      hostsOf(httpListener, at(place, `hybridListener.matchedListeners[${i}].httpListener`))
    );
  }
  if (listener.aggregateListener) return aggregateHosts(listener.aggregateListener, at(place, "aggregateListener"));
  return [hostsOf(listener.httpListener, at(place, "httpListener"))];
}

function hostsOf(listener: HttpListener | undefined, place: Origin): SectionHosts {
  return { virtualHosts: listener?.virtualHosts ?? [], placeOf: (index) => at(place, `virtualHosts[${index}]`) };
}

function aggregateHosts({ httpResources, httpFilterChains = [] }: AggregateListener, place: Origin): SectionHosts[] {
  const known = httpResources?.virtualHosts ?? {};
  return httpFilterChains.map(({ virtualHostRefs = [] }) => {
    const names = virtualHostRefs.filter((name) => Object.hasOwn(known, name));
    const placeOf = (index: number) => at(place, `httpResources.virtualHosts.${names[index]}`);
    return { virtualHosts: names.map((name) => known[name]!), placeOf };
  });
}
