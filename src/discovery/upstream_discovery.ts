import type { Interest, ResourceClient, Transaction } from "../watchers/mod.ts";
import { runInSlices, systemClock } from "../telemetry/mod.ts";
import { DiscoveredUpstreams, type Found, toEnd } from "./discovered_upstreams.ts";
import { type DiscoveryOptions, discoveryRules } from "./rules.ts";

export interface UpstreamDiscoveryOptions extends DiscoveryOptions {
  /** Gives the Services. This client registers with it, lists and watches it, and nobody else may. */
  readonly services: ResourceClient;
  /** Called when {@link UpstreamDiscovery.found} tells something new, before that is committed. */
  readonly onChange?: () => void;
}

/** Discovered Upstreams, in memory (Gloo's UDS). They give way to Upstreams from elsewhere. */
export interface UpstreamDiscovery extends ResourceClient {
  readonly givesWay: true;
  /** Undefined until the Services were listed. */
  found(): Found | undefined;
}

/**
 * A client that gives the Upstreams of another client's Services, one transaction for each of theirs. The Services
 * themselves, and what is wrong with their source, are left to the client that the Emitter reads them from. Settings are
 * fixed: for others another one is made.
 */
export function createUpstreamDiscovery(options: UpstreamDiscoveryOptions): UpstreamDiscovery {
  const { services, onChange = () => {} } = options;
  const rules = discoveryRules(options);
  const discovered = new DiscoveredUpstreams(rules);
  let isListed = false;
  const told = (transaction: Transaction): Transaction => {
    isListed = true;
    onChange();
    return transaction;
  };
  return {
    name: `discovery:${services.name}`,
    givesWay: true,
    register: ({ namespaces }: Interest) => services.register({ kinds: ["Service"], namespaces }),
    list: async (signal) => told(await runInSlices(discovered.replace(await services.list(signal)), systemClock)),
    watch: (commit, signal) => services.watch((transaction) => commit(told(discovered.apply(transaction))), signal),
    rescan: async () => await services.rescan?.(),
    former() {
      const former = services.former?.();
      return former && toEnd(new DiscoveredUpstreams(rules).replace(former));
    },
    found: () => isListed ? discovered : undefined,
  };
}
