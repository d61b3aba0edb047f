import { idKey, type Origin, type ProxyListener, type Ref } from "../api/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import { keepEqual, type TranslationContext } from "./context.ts";
import { at, Faults, type Owner, ownerOf } from "./origins.ts";
import { type SectionHosts, sectionHosts, withoutVirtualHosts } from "./section_hosts.ts";
import { type Section, sectionsOf, usesTls } from "./sections.ts";
import { unique } from "./unique.ts";

/** As Gloo's Gateways have it: all addresses, IPv4 too. */
export const EVERY_ADDRESS = "::";

/**
 * A listener of a Proxy, and all that its translation depends on besides Settings and lookups: no virtual host is among
 * it. One object while that is the same.
 */
export interface ListenerFrame {
  /** Names the Proxy. */
  readonly proxy: string;
  /** Names the listener in its Proxy. */
  readonly key: string;
  readonly proxyListener: ProxyListener;
  readonly owner: Owner;
  readonly projection: ListenerProjection;
  readonly sections: readonly Section[];
  /** What is wrong with it beside its neighbours; it is rejected then. */
  readonly faults: readonly Report[];
}

export interface ListenerUnit {
  readonly frame: ListenerFrame;
  /** Of each section. */
  readonly hosts: readonly SectionHosts[];
}

/**
 * The listeners of a Proxy; `place` is the Proxy. Of two with one name or one address and port the first is kept (Gloo
 * rejects every listener of the Proxy).
 */
export function listenerUnits(
  context: TranslationContext,
  listeners: readonly ProxyListener[],
  place: Origin,
  proxy: Ref,
): ListenerUnit[] {
  const names = new Set<string>();
  const binds = new Map<string, string>();
  const keys = new Set<string>();
  const proxyKey = idKey(place);
  return listeners.map((listener, i) => {
    const own = at(place, `listeners[${i}]`);
    const { name = "", bindAddress = EVERY_ADDRESS, bindPort = 0 } = listener;
    const owner = ownerOf(listener.metadataStatic, () => own, () => `${proxyKey}#${name}`);
    const faults = new Faults();
    // What gateway translation found invalid it has reported, and it takes nothing from anyone.
    if (listener.invalid === undefined) {
      claimPlace({ name, bind: `${bindAddress}:${bindPort}`, names, binds, owner, faults });
    }
    const key = unique(owner.key, keys);
    const proxyListener = keepEqual(context, "bareListener", proxyKey, key, withoutVirtualHosts(listener));
    const sections = context.revision.table<string, Section[]>("sections", proxyKey)
      .recall(key, [proxyListener, own.path], () => sectionsOf(proxyListener, own));
    const { name: proxyName, namespace } = proxy;
    const projection = keepEqual<ListenerProjection>(context, "listenerProjection", proxyKey, key, {
      name,
      bindAddress,
      bindPort,
      usesTls: sections.some(usesTls),
      proxy: { name: proxyName, namespace },
    });
    const parts = { proxy: proxyKey, key, proxyListener, owner, projection, sections, faults: faults.reports };
    return { frame: keepEqual(context, "listenerFrame", proxyKey, key, parts), hosts: sectionHosts(listener, own) };
  });
}

interface Claim {
  readonly name: string;
  readonly bind: string;
  readonly names: Set<string>;
  readonly binds: Map<string, string>;
  readonly owner: Owner;
  readonly faults: Faults;
}

function claimPlace({ name, bind, names, binds, owner, faults }: Claim): void {
  if (names.has(name)) faults.error("SLUICE-1310", owner.origin, `two listeners are called ${JSON.stringify(name)}`);
  names.add(name);
  const holder = binds.get(bind);
  if (holder !== undefined) {
    faults.error("SLUICE-1311", owner.origin, `${bind} is bound by listener ${JSON.stringify(holder)} already`);
  } else if (!faults.failed) {
    binds.set(bind, name);
  }
}
