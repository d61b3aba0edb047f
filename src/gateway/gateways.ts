import { idKey, idOf, type Lookup, type ProxyListener, refKey, type Resource, type Spec } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { aggregateListener, hybridListener, plainListener } from "./assembly.ts";
import { winnerAmong } from "./claims.ts";
import { claimantOf } from "./domains.ts";
import { hybridParts } from "./hybrid.ts";
import { keep, sameFields } from "./keep.ts";
import { membersOf } from "./members.ts";
import { addressOf, DEFAULT_BIND_ADDRESS, DEFAULT_PROXY_NAME, listenerName } from "./names.ts";
import { isServed, type JoinedHttpPart, type Part, type Run, scopeOf, type SettledTcpPart } from "./parts.ts";
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
    for (const name of new Set(names)) {
      const others = proxies.get(name);
      if (others) others.push(gateway);
      else proxies.set(name, [gateway]);
    }
  }
  return [...proxies].sort(([a], [b]) => a < b ? -1 : 1);
}

/**
 * The Gateways that get their address. Where several of one proxy want one, the one that had it keeps it and the others
 * are rejected (Gloo rejects them all, and nothing listens). From a rejected one to the reason.
 */
export function settleAddresses(run: Run, gateways: readonly Resource<"Gateway">[]): Map<Resource<"Gateway">, string> {
  const scope = `address ${run.proxy}`;
  const incumbents = run.book.incumbents(scope);
  const holders = new Map<string, string>();
  const rejected = new Map<Resource<"Gateway">, string>();
  const rivals = gateways.map((gateway) => ({ gateway, claimant: claimantOf(gateway) }));
  for (const [address, group] of Map.groupBy(rivals, ({ gateway }) => addressOf(gateway))) {
    const winner = winnerAmong(group, incumbents.of(address));
    holders.set(address, winner.claimant.holder);
    for (const { gateway } of group) {
      if (gateway === winner.gateway) continue;
      const text = `address ${address} of proxy ${run.proxy} belongs to Gateway ${refKey(winner.gateway.metadata)}; ` +
        "give this one another bindPort, bindAddress or proxyNames";
      run.reports.push([makeReport("error", "SLUICE-1202", idOf(gateway), "bindPort", text)]);
      rejected.set(gateway, text);
    }
  }
  run.book.add(scope, holders);
  return rejected;
}

/** What a Gateway, and those that it delegates to, say by themselves: all but the VirtualServices that join. */
interface Frame {
  /** The listener without its type. */
  readonly fields: ProxyListener;
  readonly parts: readonly Part[];
  readonly reports: readonly Report[];
}

/** The listener of a Gateway; none where nothing joins it (Gloo); one with `invalid` where the Gateway is faulty. */
export function* translateGateway(run: Run, gateway: Resource<"Gateway">): Generator<void, ProxyListener | undefined> {
  const { httpGateway, tcpGateway, hybridGateway } = gateway.spec;
  const { fields, parts, reports } = frameOf(run, gateway);
  run.reports.push(reports);
  if (!httpGateway && !tcpGateway && !hybridGateway) {
    const text = "a Gateway needs an httpGateway, a tcpGateway or a hybridGateway";
    run.reports.push([makeReport("error", "SLUICE-1201", idOf(gateway), "", text)]);
    return invalidListener(run, gateway, text);
  }
  const joined = yield* join(run, gateway, parts);
  if (httpGateway && joined.length === 0) {
    return invalidListener(run, gateway, "its selection of VirtualServices is malformed");
  }
  const served = joined.filter((part) => isServed(part, run.settings));
  const [first] = served;
  if (!first) {
    const inline = hybridGateway?.matchedGateways?.length;
    const text = "no part of the hybrid gateway has anything to serve; nothing listens";
    const fault = makeReport(inline ? "error" : "warning", "SLUICE-1205", idOf(gateway), "hybridGateway", text);
    if (hybridGateway) run.reports.push([fault]);
    return undefined;
  }
  const key = idKey(idOf(gateway));
  const isAggregate = !tcpGateway && isolates(gateway, run.settings);
  const type = isAggregate
    ? yield* aggregateListener(run, key, served)
    : hybridGateway
    ? yield* hybridListener(run, key, served)
    : yield* plainListener(run, first);
  return keep(run.revision, `listener ${run.proxy}`, key, { ...fields, ...type }, sameFields);
}

function frameOf({ revision, proxy }: Run, gateway: Resource<"Gateway">): Frame {
  return revision.table<Resource<"Gateway">, Frame>("gateway", proxy).recall(gateway, [], () => {
    const { httpGateway, tcpGateway, hybridGateway, ssl } = gateway.spec;
    const key = idKey(idOf(gateway));
    const scope = scopeOf(proxy, gateway);
    const fields = listenerFields(gateway);
    if (httpGateway) {
      const place = { owner: gateway, httpGateway, path: "httpGateway", ssl: ssl === true };
      const { options } = httpGateway;
      const metadataStatic = provenance(key, [sourceOf(gateway, place.path)]);
      const part = { type: "http", key, scope, ...(options ? { options } : {}), metadataStatic, place } as const;
      return { fields, parts: [part], reports: [] };
    }
    if (tcpGateway) {
      const place = { owner: gateway, tcpGateway, path: "tcpGateway", admitted: [] };
      return { fields, parts: [{ type: "tcp", key, scope, place }], reports: [] };
    }
    const reports: Report[] = [];
    const hybrid = { gateway, proxy, lookup: revision.lookup, reports };
    return { fields, parts: hybridGateway ? hybridParts(hybrid, hybridGateway) : [], reports };
  });
}

/** The parts with what joins them; without those whose selection of VirtualServices is malformed. */
function* join(
  run: Run,
  gateway: Resource<"Gateway">,
  parts: readonly Part[],
): Generator<void, (JoinedHttpPart | SettledTcpPart)[]> {
  const joined: (JoinedHttpPart | SettledTcpPart)[] = [];
  for (const part of parts) {
    if (part.type === "tcp") {
      joined.push({ part, tcpListener: yield* translateTcpGateway(run, part) });
      continue;
    }
    const members = yield* membersOf(run, gateway, part);
    if (members) joined.push({ part, members });
  }
  return joined;
}

/** A listener that must not be served: the hold stage keeps its last good form, if there is one. */
export function invalidListener(run: Run, gateway: Resource<"Gateway">, invalid: string): ProxyListener {
  const { fields } = frameOf(run, gateway);
  return keep(run.revision, `listener ${run.proxy}`, idKey(idOf(gateway)), { ...fields, invalid }, sameFields);
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
 * `gateway.solo.io/isolate_vhost`, else `gateway.isolateVirtualHostsBySslConfig`. Another text in the annotation
 * counts as none, as in Gloo.
 */
function isolates({ metadata }: Resource<"Gateway">, { gateway }: Spec<"Settings">): boolean {
  const annotation = metadata.annotations?.["gateway.solo.io/isolate_vhost"] ?? "";
  if (TRUE_TEXTS.includes(annotation)) return true;
  if (FALSE_TEXTS.includes(annotation)) return false;
  return gateway?.isolateVirtualHostsBySslConfig === true;
}
