import assert from "node:assert/strict";
import type { Resource } from "../../api/mod.ts";
import { callHook, reportLines } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const secret = (name: string, spec: Resource<"Secret">["spec"]): Resource<"Secret"> => ({
  kind: "Secret",
  metadata: { name, namespace: "ns" },
  spec,
});
const SECRETS = [
  secret("keys", { header: { headers: { "x-key": "50% of it", "a-first": "1" } } }),
  secret("bad", { header: { headers: { host: "a", "x-line": "geheim\n" } } }),
  secret("tls", { tls: {} }),
];
const route = (headerManipulation: Record<string, unknown>) =>
  callHook(plugin, "route", { options: { headerManipulation }, secrets: SECRETS });

const ALL = {
  requestHeadersToAdd: [{ header: { key: "x-a", value: "%REQ(:path)%" } }, {
    header: { key: "x-b", value: "b" },
    append: false,
  }],
  requestHeadersToRemove: ["x-c"],
  responseHeadersToAdd: [{ header: { key: "x-d" }, append: true }],
  responseHeadersToRemove: ["x-e"],
};

for (const hook of ["virtualHost", "route", "weightedDestination"] as const) {
  Deno.test(`headers of a ${hook}`, () => {
    assert.equal(callHook(plugin, hook), undefined);
    assert.deepEqual(callHook(plugin, hook, { options: { headerManipulation: ALL } }), {
      fragment: {
        requestHeadersToAdd: [
          { header: { key: "x-a", value: "%REQ(:path)%" }, appendAction: "APPEND_IF_EXISTS_OR_ADD" },
          { header: { key: "x-b", value: "b" }, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" },
        ],
        requestHeadersToRemove: ["x-c"],
        responseHeadersToAdd: [{ header: { key: "x-d", value: "" }, appendAction: "APPEND_IF_EXISTS_OR_ADD" }],
        responseHeadersToRemove: ["x-e"],
      },
    });
  });
}

Deno.test("names that Envoy refuses", () => {
  assert.deepEqual(
    reportLines(route({
      requestHeadersToAdd: [{ header: { key: ":path", value: "/" } }, { header: { key: "a b" } }],
      requestHeadersToRemove: [":authority", ""],
      responseHeadersToAdd: [{ header: { key: "Host", value: "a" } }],
      responseHeadersToRemove: ["host"],
    })),
    [
      "error SLUICE-1420 headerManipulation.requestHeadersToAdd[0].header.key",
      "error SLUICE-1420 headerManipulation.requestHeadersToAdd[1].header.key",
      "error SLUICE-1420 headerManipulation.requestHeadersToRemove[0]",
      "error SLUICE-1420 headerManipulation.requestHeadersToRemove[1]",
      "error SLUICE-1420 headerManipulation.responseHeadersToAdd[0].header.key",
      "error SLUICE-1420 headerManipulation.responseHeadersToRemove[0]",
    ],
  );
});

Deno.test("values that Envoy refuses, and entries without a header", () => {
  const result = route({
    requestHeadersToAdd: [{ header: { key: "x-a", value: "100%" } }, { header: { key: "x-a", value: "a\nb" } }, {}],
    responseHeadersToAdd: [{ header: { key: "x-a", value: "%NOPE%" } }, {}],
  });
  assert.deepEqual(reportLines(result), [
    "error SLUICE-1438 headerManipulation.requestHeadersToAdd[0].header.value",
    "error SLUICE-1421 headerManipulation.requestHeadersToAdd[1].header.value",
    "error SLUICE-1423 headerManipulation.requestHeadersToAdd[2]",
    "error SLUICE-1438 headerManipulation.responseHeadersToAdd[0].header.value",
    "error SLUICE-1423 headerManipulation.responseHeadersToAdd[1]",
  ]);
  assert.equal(result?.fragment, undefined);
});

Deno.test("a secret gives its headers in order of their names, its text as it stands", () => {
  const result = route({ requestHeadersToAdd: [{ headerSecretRef: { name: "keys" }, append: false }] });
  assert.deepEqual(result?.fragment.requestHeadersToAdd, [
    { header: { key: "a-first", value: "1" }, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" },
    { header: { key: "x-key", value: "50%% of it" }, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" },
  ]);
});

Deno.test("a secret that is missing, of another kind, or not usable is an error that shows nothing of it", () => {
  const at = "headerManipulation.requestHeadersToAdd[0].headerSecretRef";
  const add = (headerSecretRef: Record<string, string>) => route({ requestHeadersToAdd: [{ headerSecretRef }] });
  assert.deepEqual(reportLines(add({ name: "keys", namespace: "other" })), [`error SLUICE-1422 ${at}`]);
  assert.deepEqual(reportLines(add({ name: "tls" })), [`error SLUICE-1422 ${at}`]);
  assert.deepEqual(reportLines(add({})), [`error SLUICE-1422 ${at}`]);
  const bad = add({ name: "bad" });
  assert.deepEqual(reportLines(bad), [`error SLUICE-1420 ${at}`, `error SLUICE-1421 ${at}`]);
  assert.doesNotMatch(JSON.stringify(bad), /geheim/);
});

Deno.test("a secretRef is no source of response headers", () => {
  assert.deepEqual(reportLines(route({ responseHeadersToAdd: [{ headerSecretRef: { name: "keys" } }] })), [
    "error SLUICE-1423 headerManipulation.responseHeadersToAdd[0]",
  ]);
});

Deno.test("more than 1000 headers are an error", () => {
  const many = Array.from({ length: 1001 }, (_, i) => ({ header: { key: `x-${i}`, value: "a" } }));
  assert.deepEqual(reportLines(route({ responseHeadersToAdd: many })), [
    "error SLUICE-1421 headerManipulation.responseHeadersToAdd",
  ]);
});
