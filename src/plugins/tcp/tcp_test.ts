import assert from "node:assert/strict";
import { encode } from "../../envoy/mod.ts";
import { callHook, reportLines } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const chain = (tcpProxySettings: Record<string, unknown>) =>
  callHook(plugin, "tcpFilterChain", { options: { tcpProxySettings } });

Deno.test("every setting", () => {
  assert.equal(callHook(plugin, "tcpFilterChain"), undefined);
  const { fragment: { tcpProxy } } = chain({
    maxConnectAttempts: 3,
    idleTimeout: "0s",
    tunnelingConfig: {
      hostname: "%REQUESTED_SERVER_NAME%:443",
      headersToAdd: [{ header: { key: "x-a", value: "b" }, append: false }],
    },
    accessLogFlushInterval: "0.001s",
  })!;
  encode("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", tcpProxy);
  assert.deepEqual(tcpProxy, {
    maxConnectAttempts: { value: 3 },
    idleTimeout: {},
    tunnelingConfig: {
      hostname: "%REQUESTED_SERVER_NAME%:443",
      headersToAdd: [{ header: { key: "x-a", value: "b" }, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" }],
    },
    accessLogOptions: { accessLogFlushInterval: { nanos: 1_000_000 } },
  });
});

Deno.test("values that Envoy refuses", () => {
  const settings = {
    maxConnectAttempts: 0,
    idleTimeout: "-1s",
    accessLogFlushInterval: "0.0009s",
    tunnelingConfig: { headersToAdd: [{ header: { key: "host" } }] },
  };
  assert.deepEqual(reportLines(chain(settings)).map((line) => line.replace("tcpProxySettings.", "")), [
    "error SLUICE-1435 maxConnectAttempts",
    "error SLUICE-1435 idleTimeout",
    "error SLUICE-1435 accessLogFlushInterval",
    "error SLUICE-1436 tunnelingConfig.hostname",
    "error SLUICE-1420 tunnelingConfig.headersToAdd[0].header.key",
  ]);
  assert.deepEqual(reportLines(chain({ tunnelingConfig: { hostname: "%NOPE%" } })), [
    "error SLUICE-1436 tcpProxySettings.tunnelingConfig.hostname",
  ]);
});
