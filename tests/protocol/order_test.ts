/** The order in which one stream of ADS tells of a change that touches every type: what is referred to before what refers. */
import assert from "node:assert/strict";
import { TYPE_URL } from "../../src/envoy/mod.ts";
import { type SnapshotType, XdsCache, xdsTypeOf } from "../../src/xds/mod.ts";
import { cluster, endpoints, host, listener, route, secret, snapshot } from "../../src/xds/test_snapshot.ts";
import { waitFor } from "../envoy/harness.ts";
import { connect, type DeltaResponse, names, node, type SotwResponse, type TestClient } from "../feature/xds_client.ts";
import { TEST_ROLE } from "./subscriber.ts";
import { serve } from "./world.ts";

/** What an Envoy with the configuration of these tests asks for, some of which is there later. */
const WANTED: { readonly [T in SnapshotType]: readonly string[] } = {
  cluster: [],
  endpoint: ["a", "b"],
  secret: ["s", "s2"],
  listener: [],
  route: ["l", "m"],
};
const TYPES = Object.keys(WANTED) as SnapshotType[];

const withSecret = (name: string, port: number, secrets: string[]) => ({
  ...listener(name, port),
  refs: { routes: [name], secrets },
});
const BEFORE = snapshot(
  cluster("a"),
  endpoints("a", 1),
  secret("s"),
  withSecret("l", 80, ["s"]),
  route("l", host("l/x", "a")),
);
const AFTER = snapshot(
  cluster("b"),
  endpoints("b", 2),
  secret("s2"),
  withSecret("l", 82, ["s2"]),
  withSecret("m", 81, ["s2"]),
  route("l", host("l/x", "b")),
  route("m", host("m/x", "b")),
);

/** A stream that asks for everything and answers nothing by itself. */
function follow(client: TestClient, delta: boolean) {
  const stream = delta ? client.delta() : client.stream();
  let sent = false;
  const send = (request: Record<string, unknown>): void => {
    stream.send({ ...request, ...(sent ? {} : { node: { ...node(TEST_ROLE), userAgentName: "no Envoy" } }) } as never);
    sent = true;
  };
  const list = (response: SotwResponse | DeltaResponse): string => {
    const removed = ((response as DeltaResponse).removedResources ?? []).map((name) => `-${name}`);
    return [xdsTypeOf(response.typeUrl!), ...names(response), ...removed].join(" ");
  };
  return {
    heard: () => stream.responses.map(list),
    ask: (type: SnapshotType) => {
      const asked = [...WANTED[type]];
      send({ typeUrl: TYPE_URL[type], ...(delta ? { resourceNamesSubscribe: asked } : { resourceNames: asked }) });
    },
    /** Accepts the newest response of each of these types. */
    accept: (...types: SnapshotType[]) => {
      for (const type of types) {
        const { nonce } = (stream.responses as SotwResponse[]).findLast(({ typeUrl }) => typeUrl === TYPE_URL[type])!;
        const asked = delta ? {} : { resourceNames: [...WANTED[type]] };
        send({ typeUrl: TYPE_URL[type], responseNonce: nonce, ...asked });
      }
    },
  };
}

for (const delta of [false, true]) {
  Deno.test(`${delta ? "delta" : "state of the world"}, ADS: make before break, over all types`, async () => {
    const cache = new XdsCache();
    const server = await serve(cache);
    const client = connect(server.address);
    try {
      cache.setSnapshot(TEST_ROLE, BEFORE);
      const stream = follow(client, delta);
      const hear = async (what: string, ...expected: string[]) => {
        const from = heardBefore;
        await waitFor(what, () => stream.heard().length >= from + expected.length).catch(() => {});
        assert.deepEqual(stream.heard().slice(from), expected);
        heardBefore += expected.length;
      };
      let heardBefore = 0;
      for (const type of TYPES) {
        stream.ask(type);
        await waitFor(type, () => stream.heard().some((heard) => heard.startsWith(type)));
      }
      const missing = (name: string) => delta ? ` -${name}` : "";
      const first = ["cluster a", `endpoint a${missing("b")}`, `secret s${missing("s2")}`, "listener l"];
      await hear("the start", ...first, `route l${missing("m")}`);
      stream.accept(...TYPES);
      await waitFor(
        "the ACKs",
        () => Object.values(server.clients()[0]!.types).every(({ versionAcked }) => versionAcked),
      );

      cache.setSnapshot(TEST_ROLE, AFTER);
      const [clusters, listeners] = delta ? ["cluster b", "listener l m"] : ["cluster a b", "listener l m"];
      // Nobody is told of a secret that nothing refers to. Envoy takes no notice of a secret's removal: it keeps what it uses.
      await hear("what is made", clusters, "endpoint b", delta ? "secret s2 -s" : "secret s2", listeners);
      assert.deepEqual(server.clients()[0]!.waitingFor, ["b"]);

      stream.accept("endpoint", "secret", "listener", "cluster");
      await hear("the routes", "route l m");
      stream.accept("route");
      const gone = delta ? ["cluster -a", "endpoint -a"] : ["cluster b"];
      await hear("what is broken", ...gone);
    } finally {
      await client.close();
      await server.close(1_000);
    }
  });
}
