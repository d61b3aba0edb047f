import assert from "node:assert/strict";
import { type ApiClient, LeaderElection } from "../../src/kubernetes/mod.ts";
import { silentLogger } from "../../src/telemetry/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { fastClock } from "./fast_clock.ts";
import { adminCredentials, apiClient } from "./views.ts";
import { World } from "./world.ts";

/** A candidate whose seconds are a tenth of one. */
function candidate(api: ApiClient, identity: string) {
  const ended = new AbortController();
  const changes: boolean[] = [];
  const election = new LeaderElection({
    ...{ api, identity, logger: silentLogger, clock: fastClock(10) },
    ...{ namespace: "gloo-system", name: "sluice" },
    onChange: (leads) => changes.push(leads),
  });
  const running = election.run(ended.signal);
  return { election, changes, stop: async () => (ended.abort(), await running) };
}

Deno.test("one of several leads, and another one when it ends, stops without a word, or cannot renew", async () => {
  const world = await World.start();
  const credentials = await adminCredentials(world.server);
  const apis = await Promise.all([1, 2, 3].map(() => apiClient(credentials)));
  const [one, two] = [candidate(apis[0]!, "one"), candidate(apis[1]!, "two")];
  const leaders = () => [one, two].filter(({ election }) => election.leads);
  try {
    const first = await waitFor("a leader", () => leaders()[0]);
    const second = first === one ? two : one;
    const lease = await first.election.read();
    assert.equal(lease?.spec.holderIdentity, first === one ? "one" : "two");
    assert.equal(leaders().length, 1);

    // Somebody takes it away by force: the leader finds out with its next renewal, and leads no more.
    const path = "/apis/coordination.k8s.io/v1/namespaces/gloo-system/leases/sluice";
    const taken = { spec: { holderIdentity: "somebody" } };
    await world.server.request("PATCH", path, taken, "application/merge-patch+json");
    await waitFor("it to lead no more", () => !first.election.leads && first.changes.join() === "true,false");
    const free = { spec: { holderIdentity: lease!.spec.holderIdentity } };
    await world.server.request("PATCH", path, free, "application/merge-patch+json");
    await waitFor("it to lead again", () => first.election.leads);
    assert.equal(leaders().length, 1);

    await first.stop();
    await waitFor("the other one", () => second.election.leads);
    assert.deepEqual([first.changes, second.changes], [[true, false, true, false], [true]]);
    assert.equal((await second.election.read())?.spec.leaseTransitions, 1);

    // Its connection is gone, and it can tell nobody: it stops to lead by itself, and then another one begins.
    const third = candidate(apis[2]!, "three");
    (second === one ? apis[0]! : apis[1]!).close();
    let both = false;
    await waitFor("the third", () => {
      both ||= second.election.leads && third.election.leads;
      return third.election.leads;
    });
    assert.equal(both, false);
    assert.equal(second.election.leads, false);
    await third.stop();
    await second.stop();
    assert.equal((await third.election.read())?.spec.holderIdentity, "");
  } finally {
    for (const api of apis) api.close();
    await world.stop();
  }
});
