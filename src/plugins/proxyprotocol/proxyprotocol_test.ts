import assert from "node:assert/strict";
import { decode } from "../../envoy/mod.ts";
import { callHook, reportLines } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const listener = (options: Record<string, unknown>) => callHook(plugin, "listener", { options });

Deno.test("the filter is there where the option is", () => {
  assert.equal(listener({}), undefined);
  const proxyProtocol = {
    rules: [{ tlvType: 2, onTlvPresent: { metadataNamespace: "m", key: "k" } }],
    allowRequestsWithoutProxyProtocol: true,
  };
  const [filter] = listener({ proxyProtocol })!.fragment.listenerFilters;
  assert.equal(filter.name, "envoy.filters.listener.proxy_protocol");
  const config = decode("envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol", filter.typedConfig.value);
  assert.deepEqual(config, {
    rules: [{ tlvType: 2, onTlvPresent: { metadataNamespace: "m", key: "k" } }],
    allowRequestsWithoutProxyProtocol: true,
  });
});

Deno.test("rules that Envoy refuses", () => {
  const rules = [{ tlvType: 256, onTlvPresent: { key: "k" } }, { onTlvPresent: {} }];
  assert.deepEqual(reportLines(listener({ proxyProtocol: { rules } })), [
    "error SLUICE-1440 proxyProtocol.rules[0].tlvType",
    "error SLUICE-1440 proxyProtocol.rules[1].onTlvPresent.key",
  ]);
});
