/** Pods come and go whatever is held: a last good form is about configuration, not about who is there. */
import assert from "node:assert/strict";
import { ALL_KINDS, type AnyResource, refKey } from "../api/mod.ts";
import { decode, type Message } from "../envoy/mod.ts";
import { Incremental } from "../incremental/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { createSchema } from "../schema/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { EMPTY_MEMORY, type Memory, translate, type Translation } from "./translate.ts";

const schema = createSchema(plugins);
const ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment";

function resource(apiVersion: string, kind: string, name: string, rest: object, labels = {}): AnyResource {
  const document = { apiVersion, kind, metadata: { name, namespace: "gloo-system", labels }, ...rest };
  const { resource, reports } = schema.decode(document, { defaultNamespace: "gloo-system" });
  assert.ok(resource, JSON.stringify(reports));
  return resource;
}

const gateway = resource("gateway.solo.io/v1", "Gateway", "gw", { spec: { bindPort: 80, httpGateway: {} } });
const service = resource("v1", "Service", "pets", { spec: { ports: [{ port: 80 }] } });
const slice = (address: string) =>
  resource("discovery.k8s.io/v1", "EndpointSlice", "pets-1", {
    addressType: "IPv4",
    ports: [{ port: 8080 }],
    endpoints: [{ addresses: [address] }],
  }, { "kubernetes.io/service-name": "pets" });
const route = (single: object, options = {}) =>
  resource("gateway.solo.io/v1", "VirtualService", "vs", {
    spec: { virtualHost: { domains: ["*"], routes: [{ routeAction: { single }, options }] } },
  });
const upstream = (connectTimeout: string) =>
  resource("gloo.solo.io/v1", "Upstream", "pets", {
    spec: { kube: { serviceName: "pets", servicePort: 80 }, connectionConfig: { connectTimeout } },
  });

const toService = { kube: { ref: { name: "pets" }, port: 80 } };
const toUpstream = { upstream: { name: "pets" } };

/** Translates one state after the other. */
class Bench {
  readonly #incremental = new Incremental();
  #memory: Memory = EMPTY_MEMORY;

  translate(...resources: readonly AnyResource[]): Translation["proxies"][number] & Pick<Translation, "reports"> {
    const maps = ALL_KINDS.map((kind) => {
      const ofKind = resources.filter((one) => one.kind === kind);
      return [kind, new Map(ofKind.map((one) => [refKey(one.metadata), one]))];
    });
    const work = translate({
      snapshot: new ApiSnapshot(1, Object.fromEntries(maps)),
      settings: {},
      writeNamespace: "gloo-system",
      plugins,
      memory: this.#memory,
      now: 0,
      incremental: this.#incremental,
    });
    for (;;) {
      const step = work.next();
      if (!step.done) continue;
      this.#memory = step.value.memory;
      return { ...step.value.proxies[0]!, reports: step.value.reports };
    }
  }
}

/** By cluster, the addresses that it is served. */
function served({ snapshot }: Pick<Translation["proxies"][number], "snapshot">): Record<string, readonly string[]> {
  return Object.fromEntries([...snapshot.clusters.values()].map(({ name, refs }) => {
    const assignment = snapshot.endpoints.get(refs.endpoints![0]!)!;
    const { endpoints = [] } = decode(ASSIGNMENT, assignment.bytes) as Message<typeof ASSIGNMENT>;
    return [
      name,
      endpoints.flatMap(({ lbEndpoints = [] }) =>
        lbEndpoints.map(({ endpoint }) => endpoint!.address!.socketAddress!.address!)
      ),
    ];
  }));
}

Deno.test("under a route to a Service that is held", () => {
  const bench = new Bench();
  const name = "kube-svc:gloo-system-pets-80_gloo-system";
  assert.deepEqual(served(bench.translate(gateway, service, slice("10.0.0.1"), route(toService))), {
    [name]: ["10.0.0.1"],
  });
  const faulty = route(toService, { timeout: "-1s" });
  for (const address of ["10.0.0.2", "10.0.0.3"]) {
    const result = bench.translate(gateway, service, slice(address), faulty);
    assert.deepEqual(result.held.map(({ what }) => what), ["route"]);
    assert.deepEqual(served(result), { [name]: [address] });
  }
  const mended = bench.translate(gateway, service, slice("10.0.0.3"), route({ upstream: { name: "other" } }));
  assert.deepEqual(served(mended), {}, "nothing leads there any more");
});

Deno.test("under an Upstream that is held", () => {
  const bench = new Bench();
  bench.translate(gateway, service, slice("10.0.0.1"), route(toUpstream), upstream("1s"));
  const result = bench.translate(gateway, service, slice("10.0.0.2"), route(toUpstream), upstream("-1s"));
  assert.deepEqual(result.held.map(({ what }) => what), ["cluster"]);
  assert.deepEqual(served(result), { "pets_gloo-system": ["10.0.0.2"] });
});

Deno.test("a Service that goes leaves its cluster without endpoints, and gets them back when it returns", () => {
  for (const [single, ...more] of [[toUpstream, upstream("1s")], [toService]] as [object, ...AnyResource[]][]) {
    const bench = new Bench();
    const there = () => bench.translate(gateway, service, slice("10.0.0.1"), route(single), ...more);
    const first = there();
    assert.deepEqual(first.reports, []);
    const gone = bench.translate(gateway, slice("10.0.0.1"), route(single), ...more);
    assert.deepEqual(gone.held, [], "nothing is held, as its addresses may be somebody else's by now");
    assert.deepEqual(Object.values(served(gone)).flat(), []);
    assert.deepEqual(new Set(gone.reports.map(({ severity }) => severity)), new Set(["warning"]));
    const back = there();
    assert.deepEqual(back.reports, []);
    assert.deepEqual(served(back), served(first));
  }
});
