import assert from "node:assert/strict";
import type { Destination, Lookup, Origin } from "../../api/mod.ts";
import type { HookResult } from "../contract.ts";
import { plugin } from "./mod.ts";

const lookup: Lookup = { get: () => undefined, select: () => [] };
const owner: Origin = { kind: "VirtualService", namespace: "gloo-system", name: "default", path: "" };
const listener = {
  name: "listener",
  bindAddress: "::",
  bindPort: 8080,
  usesTls: false,
  proxy: { namespace: "gloo-system", name: "gateway-proxy" },
};
const common = { settings: {}, allSettings: {}, lookup, owner, listener };

const said = (result: HookResult<unknown> | undefined): string[] =>
  (result?.reports ?? []).map(({ severity, code, path }) => `${severity} ${code} ${path}`);

function onRoute(options: Record<string, unknown>) {
  return said(plugin.route?.({ ...common, options, route: {}, virtualHostOptions: {} }));
}

Deno.test("an option that guards access is an error, any other a warning", () => {
  const options = { extauth: { configRef: { name: "auth" } }, faults: { abort: { percentage: 1 } } };
  assert.deepEqual(onRoute(options), ["error SLUICE-1401 extauth", "warning SLUICE-1401 faults"]);
});

Deno.test("every family of guards is an error on a virtual host", () => {
  const guards = [
    "extauth",
    "jwt",
    "jwtStaged",
    "rbac",
    "waf",
    "ratelimit",
    "ratelimitBasic",
    "dlp",
    "csrf",
    "extProc",
  ];
  for (const guard of guards) {
    const result = plugin.virtualHost?.({ ...common, options: { [guard]: { on: 1 } }, virtualHost: {} });
    assert.deepEqual(said(result), [`error SLUICE-1401 ${guard}`]);
  }
});

Deno.test("options of others are none of its business", () => {
  assert.deepEqual(onRoute({ timeout: "5s", prefixRewrite: "/" }), []);
});

Deno.test("an option that is only switched off is no fault", () => {
  assert.deepEqual(onRoute({ extauth: { disable: true }, bufferPerRoute: { disabled: true } }), []);
  assert.deepEqual(onRoute({ extauth: { disable: false } }), ["error SLUICE-1401 extauth"]);
});

Deno.test("an Upstream of a type that is not served is an error", () => {
  const result = plugin.upstream?.({
    ...common,
    options: { consul: { serviceName: "petstore" } },
    upstream: { kind: "Upstream", metadata: { name: "u", namespace: "n" }, spec: {} },
    clusterName: "u_n",
  });
  assert.deepEqual(said(result), ["error SLUICE-1401 consul"]);
});

Deno.test("a function of a back end is an error, in a single destination and in a weighted one", () => {
  const destination = { upstream: { name: "u" }, destinationSpec: { aws: { logicalName: "f" } } } as Destination;
  const action = { single: destination };
  const routed = plugin.routeAction?.({ ...common, options: {}, route: {}, virtualHostOptions: {}, action });
  assert.deepEqual(said(routed), ["error SLUICE-1401 "]);
  assert.match(routed?.reports?.[0]?.message ?? "", /^destinationSpec\.aws is known but not served yet/);
  const weighted = plugin.weightedDestination?.({ ...common, options: {}, destination: { destination, weight: 1 } });
  assert.deepEqual(said(weighted), ["error SLUICE-1401 "]);
});

Deno.test("Settings that ask for a guard everywhere are an error where it would stand", () => {
  const allSettings = { rbac: { requireRbac: true }, extProc: { grpcService: {} } };
  const host = plugin.virtualHost?.({ ...common, allSettings, options: {}, virtualHost: {} });
  assert.deepEqual(said(host), ["error SLUICE-1401 "]);
  const onListener = (options: Record<string, unknown>) =>
    said(plugin.httpConnectionManager?.({ ...common, allSettings, options, listenerOptions: {} }));
  assert.deepEqual(onListener({}), ["error SLUICE-1401 "]);
  assert.deepEqual(onListener({ disableExtProc: true }), []);
});
