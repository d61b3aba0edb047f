import assert from "node:assert/strict";
import { idOf } from "../api/mod.ts";
import type { AnyResource, Resource, ResourceId } from "../api/mod.ts";
import { Emitter } from "../snapshot/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import type { Interest, ResourceClient, Transaction } from "../watchers/mod.ts";
import { annotated, decode, service } from "./test_services.ts";
import { createUpstreamDiscovery, type UpstreamDiscoveryOptions } from "./upstream_discovery.ts";

/** A client of Services that does what the test says. */
class FakeServices implements ResourceClient {
  readonly name = "kube:services";
  registered: Interest | undefined;
  services: readonly AnyResource[] = [];
  former: (() => Transaction) | undefined;
  #commit: ((transaction: Transaction) => void) | undefined;

  register(interest: Interest): void {
    this.registered = interest;
  }

  list(): Promise<Transaction> {
    return Promise.resolve({ put: this.services, removed: [], reports: [] });
  }

  watch(commit: (transaction: Transaction) => void, signal: AbortSignal): Promise<void> {
    this.#commit = commit;
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  }

  commit(put: AnyResource[], removed: ResourceId[] = [], since?: number): void {
    this.#commit!({ put, removed, reports: [], since });
  }
}

/** A discovery that has listed `services` and is watched; `seen` are its transactions. */
async function started(services: AnyResource[], options: Partial<UpstreamDiscoveryOptions> = {}) {
  const client = new FakeServices();
  client.services = services;
  const discovery = createUpstreamDiscovery({
    services: client,
    settings: {},
    writeNamespace: "gloo-system",
    decode,
    ...options,
  });
  const end = new AbortController();
  const listed = await discovery.list(end.signal);
  const seen: Transaction[] = [];
  const watching = discovery.watch((transaction) => void seen.push(transaction), end.signal);
  const stop = async (): Promise<void> => {
    end.abort();
    await watching;
  };
  return { client, discovery, listed, seen, [Symbol.asyncDispose]: stop };
}

const named = (name: string, namespace: string, ...ports: number[]): Resource<"Service"> =>
  service({ ports: ports.map((port) => ({ port })) }, { name, namespace });
const born = (given: Resource<"Service">, creationTimestamp: string): Resource<"Service"> => ({
  ...given,
  metadata: { ...given.metadata, creationTimestamp },
});
const upstreamNames = ({ put }: Pick<Transaction, "put">): string[] => put.map(({ metadata }) => metadata.name);
/** Which Service an Upstream stands for. */
const standsFor = (upstream: AnyResource): string => {
  const { kube } = upstream.spec as { kube: { serviceNamespace: string; serviceName: string } };
  return `${kube.serviceNamespace}/${kube.serviceName}`;
};

Deno.test("discovery asks for Services of the namespaces it is asked for, and gives one transaction for each of theirs", async () => {
  await using bench = await started([named("pets", "shop", 80)]);
  const { client, discovery, listed, seen } = bench;
  discovery.register({ kinds: ["Upstream", "Proxy"], namespaces: ["shop"] });
  assert.deepEqual(client.registered, { kinds: ["Service"], namespaces: ["shop"] });
  assert.deepEqual([upstreamNames(listed), listed.removed, listed.reports], [["shop-pets-80"], [], []]);

  client.commit([named("pets", "shop", 80, 81), named("cats", "shop", 80)], [], 70);
  client.commit([named("pets", "shop", 81)], [{ kind: "Service", namespace: "shop", name: "cats" }]);
  assert.deepEqual(seen.map(upstreamNames), [["shop-pets-81", "shop-cats-80"], []]);
  assert.deepEqual(seen.map(({ removed }) => removed.map(({ name }) => name)), [[], ["shop-cats-80", "shop-pets-80"]]);
  assert.deepEqual(seen.map(({ since }) => since), [70, undefined]);
});

Deno.test("an Upstream that stays equal is the same object, over lists too", async () => {
  await using bench = await started([named("pets", "shop", 80), named("cats", "shop", 80)]);
  const { client, discovery, listed, seen } = bench;
  client.commit([service({ ports: [{ port: 80 }], clusterIP: "10.0.0.1" })]);
  assert.deepEqual(seen.map(({ put, removed }) => [put, removed]), [[[], []]]);
  client.services = [service({ ports: [{ port: 80, name: "web" }] }), named("dogs", "shop", 80)];
  const again = await discovery.list(new AbortController().signal);
  assert.deepEqual(upstreamNames(again), ["shop-pets-80", "shop-dogs-80"]);
  assert.equal(again.put[0], listed.put[0]);
});

Deno.test("faults of annotations are told for as long as they are there, in one array while they stay the same", async () => {
  await using bench = await started([annotated({ h2_service: "yes" })]);
  const { client, listed, seen } = bench;
  assert.deepEqual(listed.reports.map(({ code, ref }) => [code, ref.kind, ref.name]), [
    ["SLUICE-1601", "Service", "pets"],
  ]);
  client.commit([named("cats", "shop", 80)]);
  client.commit([annotated({ h2_service: "yes" })]);
  client.commit([annotated({ h2_service: "true" })]);
  assert.equal(seen[0]!.reports, listed.reports);
  assert.equal(seen[1]!.reports, listed.reports);
  assert.deepEqual(seen[2]!.reports, []);
});

Deno.test("of two Services that come to one name the older has it, and has it again", async () => {
  const older = born(named("c", "a-b", 80), "2026-01-02T00:00:00Z");
  const younger = born(named("b-c", "a", 80), "2026-01-03T00:00:00Z");
  await using bench = await started([younger]);
  const { client, listed, seen } = bench;
  assert.deepEqual(listed.put.map(standsFor), ["a/b-c"]);
  client.commit([older]);
  client.commit([younger]);
  client.commit([], [idOf(older)]);
  assert.deepEqual(seen.map(({ put }) => put.map(standsFor)), [["a-b/c"], [], ["a/b-c"]]);
  assert.deepEqual(seen.map(({ removed }) => removed), [[], [], []]);
  assert.deepEqual(seen.map(({ reports }) => reports.map(({ code, ref }) => `${code} ${ref.namespace}/${ref.name}`)), [
    ["SLUICE-1603 a/b-c"],
    ["SLUICE-1603 a/b-c"],
    [],
  ]);
});

Deno.test("what was found is told with each change, to whoever writes it elsewhere", async () => {
  const changes: number[] = [];
  const client = new FakeServices();
  const options = { services: client, settings: {}, writeNamespace: "gloo-system", decode };
  const discovery = createUpstreamDiscovery({ ...options, onChange: () => void changes.push(size()) });
  const size = (): number => discovery.found()?.upstreams.length ?? -1;
  assert.equal(size(), -1);
  client.services = [named("pets", "shop", 80, 81)];
  await discovery.list(new AbortController().signal);
  assert.deepEqual(changes, [2]);
  const port = { serviceNamespace: "shop", serviceName: "pets", servicePort: 81 };
  assert.ok(discovery.found()!.hasPort(port));
  assert.ok(!discovery.found()!.hasPort({ ...port, servicePort: 82 }));
  assert.ok(!discovery.found()!.hasPort({ ...port, serviceName: "cats" }));
});

Deno.test("what the Services of the last process gave is there before the first list", () => {
  const client = new FakeServices();
  const discovery = createUpstreamDiscovery({ services: client, settings: {}, writeNamespace: "gloo-system", decode });
  assert.equal(discovery.former!(), undefined);
  client.former = () => ({ put: [named("pets", "shop", 80)], removed: [], reports: [] });
  assert.deepEqual(upstreamNames(discovery.former!()!), ["shop-pets-80"]);
  assert.equal(discovery.found(), undefined);
});

Deno.test("in an ApiSnapshot a discovered Upstream stands back behind one that a user wrote, and no clash is told", async () => {
  const byHand: AnyResource = {
    kind: "Upstream",
    metadata: { name: "shop-pets-80", namespace: "gloo-system", labels: { by: "hand" } },
    spec: {},
  };
  const client = new FakeServices();
  client.services = [named("pets", "shop", 80, 81)];
  const discovery = createUpstreamDiscovery({ services: client, settings: {}, writeNamespace: "gloo-system", decode });
  const files = new FakeServices();
  files.services = [byHand];
  const clock = new FakeClock();
  const emitter = new Emitter({ clients: [discovery, files], interest: { kinds: ["Upstream"] }, clock });
  const end = new AbortController();
  const running = emitter.run(end.signal);
  await clock.advance(5000);
  assert.deepEqual(emitter.current!.list("Upstream").map(({ metadata }) => metadata.labels), [
    { by: "hand" },
    { discovered_by: "kubernetesplugin" },
  ]);
  assert.deepEqual(emitter.reports(), []);
  end.abort();
  await running;
});
