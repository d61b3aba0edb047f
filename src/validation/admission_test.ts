import assert from "node:assert/strict";
import { silentLogger } from "../telemetry/mod.ts";
import {
  Bed,
  gateway,
  type Manifest,
  manifest,
  NAMESPACE,
  PERMISSIVE,
  ref,
  schema,
  toUpstream,
} from "./fixtures_test.ts";
import { settings, STRICT, upstream, virtualService } from "./fixtures_test.ts";
import { createAdmission } from "./mod.ts";

const SHOP = [gateway(), upstream("shop"), virtualService("shop", "shop")];
const FAULTY = virtualService("bad", "shop", { routes: [toUpstream("shop", "/", { timeout: "-1s" })] });
const WHY = "-1s is negative; a span of time of zero or more is wanted (SLUICE-1414)";
const GONE = "VirtualService gloo-system/shop spec.virtualHost.routes[0].routeAction.single.upstream: " +
  "Upstream gloo-system/shop does not exist; until it does, requests are answered 503 and connections closed (SLUICE-1332)";

/** What a request is made of; what is left out is made of the object. */
interface Wish {
  readonly operation?: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly object?: Manifest;
  readonly oldObject?: Manifest;
  readonly name?: string;
  readonly subResource?: string;
  readonly user?: string;
  readonly dryRun?: boolean;
  readonly version?: "v1" | "v1beta1";
}

function reviewOf({ object, oldObject, operation = "CREATE", version = "v1", user, ...more }: Wish): unknown {
  const { apiVersion, kind, metadata } = { metadata: {}, ...(object ?? oldObject) } as Record<string, unknown>;
  const parts = String(apiVersion).split("/");
  return {
    apiVersion: `admission.k8s.io/${version}`,
    kind: "AdmissionReview",
    request: {
      uid: "u-1",
      kind: { group: parts.length > 1 ? parts[0] : "", version: parts.at(-1), kind },
      namespace: NAMESPACE,
      name: (metadata as { name?: string }).name,
      operation,
      object: object ?? null,
      oldObject: oldObject ?? null,
      ...(user && { userInfo: { username: user } }),
      ...more,
    },
  };
}

/** The answer to a request beside a configuration. */
class Asking {
  readonly bed: Bed;
  readonly #admit;
  outcome = "";

  constructor(...documents: readonly Manifest[]) {
    this.bed = new Bed(...documents);
    this.#admit = createAdmission({ validator: this.bed.validator, decode: schema.decode, logger: silentLogger });
  }

  // deno-lint-ignore no-explicit-any
  async ask(wish: Wish): Promise<any> {
    const reviewed = await this.bed.finished(this.#admit(reviewOf(wish)));
    if ("fault" in reviewed) throw new Error(reviewed.fault);
    this.outcome = reviewed.outcome;
    // deno-lint-ignore no-explicit-any
    const { apiVersion, kind, response } = reviewed.review as any;
    assert.deepEqual([apiVersion, kind], [`admission.k8s.io/${wish.version ?? "v1"}`, "AdmissionReview"]);
    const { uid, ...rest } = response;
    assert.equal(uid, "u-1");
    return rest;
  }
}

Deno.test("admission: a faulty resource is refused with each field and why, in both versions of the API", async () => {
  const asking = new Asking(PERMISSIVE, ...SHOP);
  for (const version of ["v1", "v1beta1"] as const) {
    assert.deepEqual(await asking.ask({ object: FAULTY, version }), {
      allowed: false,
      status: {
        status: "Failure",
        code: 422,
        reason: "Invalid",
        message: `spec.virtualHost.routes[0].options.timeout: ${WHY}`,
        details: {
          group: "gateway.solo.io",
          kind: "VirtualService",
          name: "bad",
          causes: [{ reason: "FieldValueInvalid", message: WHY, field: "spec.virtualHost.routes[0].options.timeout" }],
        },
      },
    });
  }
  assert.equal(asking.outcome, "refused");
});

Deno.test("admission: a delete that breaks others is refused, and names what is deleted and what breaks", async () => {
  const asking = new Asking(PERMISSIVE, ...SHOP);
  assert.deepEqual(await asking.ask({ operation: "DELETE", oldObject: upstream("shop") }), {
    allowed: false,
    status: {
      status: "Failure",
      code: 403,
      reason: "Forbidden",
      message: `deleting Upstream gloo-system/shop breaks others: ${GONE}`,
    },
  });
});

Deno.test("admission: by default all that can be read is let through, with warnings; what cannot is refused", async () => {
  const asking = new Asking(settings({}), ...SHOP);
  assert.deepEqual(await asking.ask({ object: FAULTY, dryRun: true }), {
    allowed: true,
    warnings: [`spec.virtualHost.routes[0].options.timeout: ${WHY}`],
  });
  assert.deepEqual(await asking.ask({ operation: "DELETE", oldObject: upstream("shop") }), {
    allowed: true,
    warnings: [`breaks ${GONE}`],
  });
  const typo = await asking.ask({ object: manifest("VirtualService", "typo", { virtualHost: { domain: ["a"] } }) });
  assert.equal(
    typo.status.message,
    "spec.virtualHost.domain: unknown field domain, did you mean domains? (SLUICE-1002)",
  );
});

Deno.test("admission: what could not be read before either may be labelled, but not edited", async () => {
  const asking = new Asking(PERMISSIVE, ...SHOP);
  const unreadable = (n: number) => manifest("VirtualService", "typo", { virtualHost: { domain: [`${n}`] } });
  const labelled = { ...unreadable(1), metadata: { ...ref("typo"), labels: { a: "b" } } };
  const kept = await asking.ask({ operation: "UPDATE", oldObject: unreadable(1), object: labelled });
  assert.deepEqual(kept, {
    allowed: true,
    warnings: ["spec.virtualHost.domain: unknown field domain, did you mean domains? (SLUICE-1002)"],
  });
  assert.equal(
    (await asking.ask({ operation: "UPDATE", oldObject: unreadable(1), object: unreadable(2) })).allowed,
    false,
  );
});

Deno.test("admission: what is none of Sluice's business is let through unseen", async () => {
  const asking = new Asking(STRICT, ...SHOP, FAULTY);
  const owned = {
    ...FAULTY,
    metadata: { ...FAULTY.metadata, finalizers: ["x"], managedFields: [{}], resourceVersion: "2" },
  };
  const wishes: Wish[] = [
    { object: { apiVersion: "apps/v1", kind: "Deployment", metadata: ref("a"), spec: {} } },
    { object: { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: ref("a"), spec: {} } },
    { object: { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", metadata: ref("a"), spec: {} } },
    { object: { apiVersion: "v1", kind: "Pod", metadata: ref("a"), spec: {} } },
    { operation: "CONNECT", object: FAULTY },
    { operation: "UPDATE", object: FAULTY, oldObject: SHOP[2], subResource: "status" },
    { operation: "UPDATE", object: { ...FAULTY, status: { state: 2 } }, oldObject: FAULTY },
    { operation: "UPDATE", object: owned, oldObject: FAULTY },
    {
      operation: "DELETE",
      oldObject: upstream("shop"),
      user: "system:serviceaccount:kube-system:namespace-controller",
    },
  ];
  for (const wish of wishes) {
    assert.deepEqual(await asking.ask(wish), { allowed: true }, JSON.stringify(wish));
    assert.equal(asking.outcome, "skipped");
  }
});

Deno.test("admission: who says so by the annotation is not asked", async () => {
  const asking = new Asking(STRICT, ...SHOP);
  const skip = <T extends Manifest>(one: T) => ({
    ...one,
    metadata: { ...one.metadata, annotations: { "gateway.solo.io/skip_validation": "true" } },
  });
  const said = { allowed: true, warnings: ["not validated: the annotation gateway.solo.io/skip_validation says so"] };
  assert.deepEqual(await asking.ask({ object: skip(FAULTY) }), said);
  assert.deepEqual(await asking.ask({ operation: "DELETE", oldObject: skip(upstream("shop")) }), said);
});

Deno.test("admission: a List is judged as a whole, and its items are named", async () => {
  const asking = new Asking(PERMISSIVE, ...SHOP);
  const list = (...items: Manifest[]) => ({ apiVersion: "v1", kind: "List", metadata: {}, items });
  const good = list(upstream("new"), virtualService("new", "new"));
  assert.deepEqual(await asking.ask({ object: good, dryRun: true }), { allowed: true });
  const bad = await asking.ask({
    object: { ...list(upstream("new"), FAULTY), apiVersion: "gateway.solo.io/v1", kind: "VirtualServiceList" },
  });
  assert.equal(
    bad.status.message,
    `VirtualService gloo-system/bad spec.virtualHost.routes[0].options.timeout: ${WHY}`,
  );
});

Deno.test("admission: of a collection that is deleted each comes without a name of its own", async () => {
  const asking = new Asking(PERMISSIVE, ...SHOP);
  assert.equal((await asking.ask({ operation: "DELETE", oldObject: upstream("shop"), name: "" })).allowed, false);
  assert.deepEqual(await asking.ask({ operation: "DELETE", object: undefined, name: "" }), { allowed: true });
});

const secret = (type: string, data: object): Manifest => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: ref("headers"),
  type,
  data,
});

Deno.test("admission: a Secret is judged by those who refer to it, whatever it is by itself", async () => {
  const uses = virtualService("shop", "shop", {
    routes: [
      toUpstream("shop", "/", { headerManipulation: { requestHeadersToAdd: [{ headerSecretRef: ref("headers") }] } }),
    ],
  });
  const good = secret("Opaque", { "x-key": btoa("secret") });
  const asking = new Asking(STRICT, gateway(), upstream("shop"), good, uses);
  const bad = { ...good, data: { "x-key": "%%%" } };
  const refused = await asking.ask({ operation: "UPDATE", oldObject: good, object: bad });
  assert.equal(refused.allowed, false);
  assert.match(
    refused.status.message,
    /^data\.x-key: expected base64 text \(SLUICE-\d+\); updating Secret .* breaks others: Virt/,
  );
  for (const other of [secret("helm.sh/release.v1", { release: "" }), secret("my/type", {})]) {
    assert.equal((await asking.ask({ operation: "UPDATE", oldObject: good, object: other })).allowed, false);
  }
  assert.equal((await asking.ask({ operation: "DELETE", oldObject: good })).allowed, false);
  const unused = new Asking(STRICT, ...SHOP);
  for (const one of [bad, secret("helm.sh/release.v1", { release: "" }), secret("my/type", {}), secret("Opaque", {})]) {
    assert.deepEqual(await unused.ask({ object: one }), { allowed: true });
  }
});

Deno.test("admission: dryRun leaves nothing behind", async () => {
  const asking = new Asking(STRICT, ...SHOP);
  await asking.ask({ object: upstream("new"), dryRun: true });
  assert.equal((await asking.ask({ object: virtualService("new", "new") })).allowed, false);
  await asking.ask({ object: upstream("new") });
  assert.deepEqual(await asking.ask({ object: virtualService("new", "new") }), { allowed: true });
});

Deno.test("admission: before the first sync a resource is read, and no more than that", async () => {
  const asking = new Asking();
  assert.deepEqual(await asking.ask({ object: FAULTY }), {
    allowed: true,
    warnings: [
      "Sluice could read this, but did not check it against the other resources: they are not read yet",
    ],
  });
  assert.equal(asking.outcome, "unjudged");
  assert.equal((await asking.ask({ object: manifest("Gateway", "g", { port: 1 }) })).allowed, false);
});

Deno.test("admission: many faults are told in part, and warnings are no longer than the API server hands on", async () => {
  const routes = Array.from({ length: 30 }, (_, i) => toUpstream("x".repeat(200), `/${i}`, { timeout: "-1s" }));
  const crowd = virtualService("bad", "", { routes });
  const { status } = await new Asking(PERMISSIVE, ...SHOP).ask({ object: crowd });
  assert.equal(status.details.causes.length, 10);
  assert.match(status.message, /; and 50 more$/);
  const { allowed, warnings } = await new Asking(settings({}), ...SHOP).ask({ object: crowd });
  assert.equal(allowed, true);
  assert.equal(warnings.at(-1), "and 50 more");
  assert.ok(warnings.every((warning: string) => warning.length <= 256));
  assert.ok(warnings.join("").length <= 4096);
});

Deno.test("admission: what is no AdmissionReview is told apart", async () => {
  const admit = createAdmission({ validator: new Bed().validator, decode: schema.decode, logger: silentLogger });
  const wrong = { fault: "this is no AdmissionReview of admission.k8s.io/v1 or admission.k8s.io/v1beta1" };
  for (const body of [null, 1, "x", [], {}, { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v2" }]) {
    assert.deepEqual(await admit(body), wrong);
  }
  const empty = { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" };
  for (const request of [undefined, null, {}, { uid: 1 }]) {
    assert.deepEqual(await admit({ ...empty, request }), { fault: "the AdmissionReview has no request with a uid" });
  }
});
