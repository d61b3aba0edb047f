import assert from "node:assert/strict";
import type { Resource } from "../api/mod.ts";
import { type Given, ingress, lines, resource, to, translate } from "./fixtures_test.ts";
import { CONTROLLER } from "./settings.ts";

const ingressClass = (name: string, controller: string, metadata: Partial<Resource["metadata"]> = {}) =>
  resource("IngressClass", name, { controller }, { namespace: "", ...metadata });
const isDefault = (second: number) => ({
  annotations: { "ingressclass.kubernetes.io/is-default-class": "true" },
  creationTimestamp: `2026-01-01T00:00:0${second}Z`,
});
const legacy = (name: string) => ({ annotations: { "kubernetes.io/ingress.class": name } });

function isServed(
  ingressClassName: string,
  metadata: Partial<Resource["metadata"]>,
  classes: readonly Resource[],
  given: Given = {},
): boolean {
  const { reports, ...rest } = translate([
    ingress("a", { ingressClassName, defaultBackend: to("web") }, metadata),
    ...classes,
  ], given);
  assert.deepEqual(reports, [], "an Ingress of another class is passed over in silence");
  return lines({ reports, ...rest }).length > 0;
}

Deno.test("an IngressClass is ours by its controller; without one the name decides", () => {
  assert.ok(isServed("edge", {}, [ingressClass("edge", CONTROLLER)]));
  assert.ok(!isServed("edge", {}, []));
  assert.ok(!isServed("edge", {}, [ingressClass("edge", "example.com/other")]));
  assert.ok(isServed("sluice", {}, []));
  assert.ok(!isServed("sluice", {}, [ingressClass("sluice", "example.com/other")]));
  assert.ok(isServed("edge", {}, [], { className: "edge" }));
  assert.ok(!isServed("sluice", {}, [], { className: "edge" }));
});

Deno.test("an Ingress without a class is ours where the default class is; of several the newest is", () => {
  assert.ok(!isServed("", {}, []));
  assert.ok(!isServed("", {}, [ingressClass("sluice", CONTROLLER)]));
  assert.ok(isServed("", {}, [ingressClass("edge", CONTROLLER, isDefault(0))]));
  assert.ok(!isServed("", {}, [ingressClass("edge", "example.com/other", isDefault(0))]));
  const ours = (second: number) => ingressClass("b", CONTROLLER, isDefault(second));
  const other = (name: string) => ingressClass(name, "example.com/other", isDefault(5));
  assert.ok(isServed("", {}, [ours(6), other("a")]));
  assert.ok(!isServed("", {}, [ours(4), other("a")]));
  assert.ok(isServed("", {}, [ours(5), other("c")]), "of one age the first by name");
  assert.ok(!isServed("", {}, [ours(5), other("a")]));
});

Deno.test("the old annotation goes before all else", () => {
  assert.ok(isServed("", legacy("sluice"), []));
  assert.ok(isServed("other", legacy("sluice"), [ingressClass("other", "example.com/other")]));
  assert.ok(!isServed("edge", legacy("nginx"), [ingressClass("edge", CONTROLLER, isDefault(0))]));
  assert.ok(!isServed("", legacy("gloo"), []));
  assert.ok(isServed("", legacy("gloo"), [], { gloo: true }));
});
