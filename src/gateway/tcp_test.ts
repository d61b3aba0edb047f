import assert from "node:assert/strict";
import type { TcpGateway } from "../api/mod.ts";
import { listenersOf, reportLines, resource, translate } from "./fixtures_test.ts";

const host = (name: string, ...sniDomains: string[]) => ({
  name,
  ...(sniDomains.length > 0 ? { sslConfig: { sniDomains } } : {}),
  destination: { upstreamGroup: { name: "g", namespace: "" } },
});

function run(tcpGateway: TcpGateway) {
  const result = translate([resource("Gateway", "gw", { bindPort: 9000, tcpGateway })]);
  const hosts = listenersOf(result)[0]?.tcpListener?.tcpHosts ?? [];
  return { result, hosts, reports: reportLines(result.reports) };
}

Deno.test("a tcp Gateway keeps its hosts, with namespaces and provenance", () => {
  const { result, hosts, reports } = run({ tcpHosts: [host("a", "a.com"), host("b", "b.com")], options: {} });
  assert.deepEqual(reports, []);
  assert.deepEqual(listenersOf(result)[0]?.tcpListener?.options, {});
  assert.deepEqual(hosts[1], {
    name: "b",
    sslConfig: { sniDomains: ["b.com"] },
    destination: { upstreamGroup: { name: "g", namespace: "gloo-system" } },
    metadataStatic: {
      sources: [{
        resourceRef: { name: "gw", namespace: "gloo-system" },
        resourceKind: "Gateway",
        path: "tcpGateway.tcpHosts[1]",
      }],
      key: "Gateway/gloo-system/gw#b",
    },
  });
});

Deno.test("an SNI domain of two hosts: one has it, the other loses it, and is invalid if it has no more", () => {
  const tcpHosts = [host("a", "x.com"), host("b", "b.com", "X.com"), host("c"), host("d", "x.com")];
  const { hosts, reports, result } = run({ tcpHosts });
  assert.deepEqual(hosts.map(({ invalid }) => Boolean(invalid)), [false, false, false, true]);
  assert.deepEqual(hosts[1]?.sslConfig?.sniDomains, ["b.com"]);
  assert.deepEqual(reports, [
    "error 1214 Gateway/gloo-system/gw tcpGateway.tcpHosts[1].sslConfig.sniDomains[1]",
    "error 1214 Gateway/gloo-system/gw tcpGateway.tcpHosts[3].sslConfig.sniDomains[0]",
  ]);
  assert.ok([...result.claims.values()].some((holders) => [...holders.values()].includes("Gateway/gloo-system/gw#a")));
});

Deno.test("two hosts without SNI domains: one is invalid; equal names stay apart", () => {
  const { hosts, reports } = run({ tcpHosts: [host("a"), host("a")] });
  assert.deepEqual(hosts.map(({ invalid }) => Boolean(invalid)), [false, true]);
  assert.deepEqual(reports, ["error 1214 Gateway/gloo-system/gw tcpGateway.tcpHosts[1]"]);
  assert.equal(hosts[1]?.metadataStatic?.key, "Gateway/gloo-system/gw#a~2");
});

Deno.test("a host of a hybrid gateway may ask only for SNI domains that its matcher lets in", () => {
  const matcher = { sslConfig: { sniDomains: ["a.com", "b.com"] } };
  const tcpGateway = { tcpHosts: [host("a", "a.com"), host("b", "c.com"), host("d")] };
  const gateway = resource("Gateway", "gw", {
    bindPort: 9000,
    hybridGateway: { matchedGateways: [{ matcher, tcpGateway }] },
  });
  const result = translate([gateway]);
  const hosts = listenersOf(result)[0]?.hybridListener?.matchedListeners?.[0]?.tcpListener?.tcpHosts;
  assert.deepEqual(hosts?.map(({ invalid }) => Boolean(invalid)), [false, true, false]);
  assert.deepEqual(reportLines(result.reports), [
    "error 1215 Gateway/gloo-system/gw " +
    "hybridGateway.matchedGateways[0].tcpGateway.tcpHosts[1].sslConfig.sniDomains[0]",
  ]);
});
