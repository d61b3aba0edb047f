import { idKey, idOf, type Lookup, type ProxyListener, refKey, type Resource, type Spec } from "../api/mod.ts";
import { makeReport } from "../report/mod.ts";
import { aggregateListener, hybridListener, plainListener } from "./assembly.ts";
import { claimantOf } from "./domains.ts";
import { hybridParts } from "./hybrid.ts";
import { addressOf, DEFAULT_BIND_ADDRESS, DEFAULT_PROXY_NAME, listenerName } from "./names.ts";
import { httpPart, isServed, type Part, type Run, scopeOf } from "./parts.ts";
import { optionSourceOf, type OptionSources, provenance, sourceOf } from "./provenance.ts";
import { translateTcpGateway } from "./tcp.ts";

/** Gateways that are read: those of the write namespace, or all with `gateway.readGatewaysFromAllNamespaces`. */
export function readGateways(
  lookup: Lookup,
  settings: Spec<"Settings">,
  writeNamespace: string,
): readonly Resource<"Gateway">[] {
  const everywhere = settings.gateway?.readGatewaysFromAllNamespaces === true;
  return lookup.select("Gateway", everywhere ? {} : { namespaces: [writeNamespace] });
}

/** Gateways by the proxies that they name (`gateway-proxy` where they name none), in order of the proxies' names. */
export function byProxy(gateways: readonly Resource<"Gateway">[]): [string, Resource<"Gateway">[]][] {
  const proxies = new Map<string, Resource<"Gateway">[]>();
  for (const gateway of gateways) {
    const names = gateway.spec.proxyNames?.length ? gateway.spec.proxyNames : [DEFAULT_PROXY_NAME];
    for (const name of new Set(names)) proxies.set(name, [...proxies.get(name) ?? [], gateway]);
  }
  return [...proxies].sort(([a], [b]) => a < b ? -1 : 1);
}

/**
 * The Gateways that get their address. Where several of one proxy want one, the one that had it keeps it and the others
 * are rejected (Gloo rejects them all, and nothing listens). From a rejected one to the reason.
 */
export function settleAddresses(run: Run, gateways: readonly Resource<"Gateway">[]): Map<Resource<"Gateway">, string> {
  const rejected = new Map<Resource<"Gateway">, string>();
  for (const gateway of gateways) {
    const address = addressOf(gateway);
    const rivals = gateways.filter((other) => addressOf(other) === address);
    const holder = run.book.settle(`address ${run.proxy} ${address}`, rivals.map(claimantOf));
    if (holder === claimantOf(gateway).holder) continue;
    const other = rivals.find((rival) => claimantOf(rival).holder === holder)!;
    const text = `address ${address} of proxy ${run.proxy} belongs to Gateway ${refKey(other.metadata)}; ` +
      "give this one another bindPort, bindAddress or proxyNames";
    run.reports.push(makeReport("error", "SLUICE-1202", idOf(gateway), "bindPort", text));
    rejected.set(gateway, text);
  }
  return rejected;
}

/** The listener of a Gateway; none where nothing joins it (Gloo); one with `invalid` where the Gateway is faulty. */
export function* translateGateway(run: Run, gateway: Resource<"Gateway">): Generator<void, ProxyListener | undefined> {
  const { httpGateway, tcpGateway, hybridGateway, ssl } = gateway.spec;
  if (httpGateway) {
    const place = { owner: gateway, httpGateway, path: "httpGateway", ssl: ssl === true };
    const part = yield* httpPart(run, gateway, place, {});
    if (!part) return invalidListener(gateway, "its selection of VirtualServices is malformed");
    if (!isServed(part, run.settings)) return undefined;
    const type = yield* (isolates(gateway, run.settings) ? aggregateListener(run, [part]) : plainListener(run, part));
    return { ...listenerFields(gateway), ...type };
  }
  if (tcpGateway) {
    const place = { owner: gateway, tcpGateway, path: "tcpGateway", admitted: [] };
    const tcpListener = translateTcpGateway(place, scopeOf(run, gateway), run.book, run.reports);
    return { ...listenerFields(gateway), tcpListener };
  }
  if (hybridGateway) {
    const all: Part[] = yield* hybridParts(run, gateway, hybridGateway);
    const parts = all.filter((part) => isServed(part, run.settings));
    if (parts.length === 0) {
      const inline = hybridGateway.matchedGateways?.length;
      const text = "no part of the hybrid gateway has anything to serve; nothing listens";
      run.reports.push(makeReport(inline ? "error" : "warning", "SLUICE-1205", idOf(gateway), "hybridGateway", text));
      return undefined;
    }
    const type = yield* (isolates(gateway, run.settings) ? aggregateListener(run, parts) : hybridListener(run, parts));
    return { ...listenerFields(gateway), ...type };
  }
  const text = "a Gateway needs an httpGateway, a tcpGateway or a hybridGateway";
  run.reports.push(makeReport("error", "SLUICE-1201", idOf(gateway), "", text));
  return invalidListener(gateway, text);
}

/** A listener that must not be served: the hold stage keeps its last good form, if there is one. */
export function invalidListener(gateway: Resource<"Gateway">, invalid: string): ProxyListener {
  return { ...listenerFields(gateway), invalid };
}

function listenerFields(gateway: Resource<"Gateway">): ProxyListener {
  const { bindAddress, bindPort, options: own, routeOptions, useProxyProto } = gateway.spec;
  const addsProxyProtocol = useProxyProto === true && !(own && "proxyProtocol" in own);
  const options = addsProxyProtocol ? { ...own, proxyProtocol: {} } : own;
  const optionSources: OptionSources = addsProxyProtocol
    ? { proxyProtocol: optionSourceOf(gateway, "useProxyProto") }
    : {};
  return {
    name: listenerName(gateway),
    bindAddress: bindAddress || DEFAULT_BIND_ADDRESS,
    ...(bindPort === undefined ? {} : { bindPort }),
    ...(options ? { options } : {}),
    ...(routeOptions ? { routeOptions } : {}),
    metadataStatic: provenance(idKey(idOf(gateway)), [sourceOf(gateway, "")], optionSources),
  };
}

const TRUE_TEXTS = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE_TEXTS = ["0", "f", "F", "FALSE", "false", "False"];

/**
 * Whether virtual hosts are served with the certificates of their own VirtualService only: annotation
 * `gateway.solo.io/isolate_vhost`, else `gateway.isolateVirtualHostsBySslConfig`. Another text in the annotation counts as
 * none, as in Gloo.
 */
function isolates({ metadata }: Resource<"Gateway">, { gateway }: Spec<"Settings">): boolean {
  const annotation = metadata.annotations?.["gateway.solo.io/isolate_vhost"] ?? "";
  if (TRUE_TEXTS.includes(annotation)) return true;
  if (FALSE_TEXTS.includes(annotation)) return false;
  return gateway?.isolateVirtualHostsBySslConfig === true;
}
