import { any, encode, TYPE_URL } from "../envoy/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT, type EnvoySnapshot } from "./resource.ts";
import { versionOf } from "./version.ts";

/** Name and port as in Gloo (listener-for-invalid-envoy on :::8080, answering 500). */
const NAME = "listener-for-invalid-envoy";
const PORT = 8080;

/** The answer to every request; it tells nobody which roles there are. */
export const FALLBACK_TEXT =
  "This Envoy is misconfigured: node.metadata.role of its bootstrap is not the role of a proxy that the control plane " +
  "serves. It has the form <namespace>~<proxy name>.\n";

/** What a client gets whose role nobody knows: one listener that answers 500 with a fixed text. */
export function fallbackSnapshot(): EnvoySnapshot {
  const bytes = encode("envoy.config.listener.v3.Listener", {
    name: NAME,
    address: { socketAddress: { address: "::", portValue: PORT, ipv4Compat: true } },
    filterChains: [{
      filters: [{ name: "envoy.filters.network.http_connection_manager", typedConfig: answerEverything() }],
    }],
  });
  const listener = { typeUrl: TYPE_URL.listener, name: NAME, version: versionOf(bytes), bytes, origins: [], refs: {} };
  return { ...EMPTY_ENVOY_SNAPSHOT, listeners: new Map([[NAME, listener]]) };
}

function answerEverything() {
  const answer = { match: { prefix: "/" }, directResponse: { status: 500, body: { inlineString: FALLBACK_TEXT } } };
  return any("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    statPrefix: NAME,
    routeConfig: { name: NAME, virtualHosts: [{ name: NAME, domains: ["*"], routes: [answer] }] },
    httpFilters: [{
      name: "envoy.filters.http.router",
      typedConfig: any("envoy.extensions.filters.http.router.v3.Router", {}),
    }],
  });
}
