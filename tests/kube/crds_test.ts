/** The CRDs on a real API server: what it takes, what it refuses and with which words, what `kubectl get` shows. */
import assert from "node:assert/strict";
import { apiVersionOf, type Kind, KINDS, type Shape } from "../../src/api/mod.ts";
import { CRD_NOTES } from "../../src/schema/crd_notes.ts";
import { RandomValues, seeded } from "../../src/schema/testing/random_value.ts";
import { applyCrds, collectionPath, create, type KubeObject, makeNamespaces, objectPath, schema } from "./crds.ts";
import { goldenDocuments } from "./golden_documents.ts";
import { KubeServer } from "./kube_server.ts";
import { Spoiler } from "./mistakes.ts";

const HINT = { defaultNamespace: "gloo-system" };
const WITH_CRD = (Object.keys(KINDS) as Kind[]).filter((kind) => KINDS[kind].crd);

const decode = (object: unknown) => schema.decode(object, HINT);
const faulty = (object: unknown) => decode(object).reports.some(({ severity }) => severity === "error");

/** What of an object has to come back: the rest the API server adds. */
function essence(object: unknown) {
  const { kind, spec, metadata } = decode(object).resource!;
  const { name, namespace, labels, annotations } = metadata;
  return { kind, spec, name, namespace, labels, annotations };
}

const ofKind = (kind: Kind, spec: unknown, name = "sample"): KubeObject => ({
  apiVersion: apiVersionOf(kind),
  kind,
  metadata: { name, namespace: "gloo-system" },
  spec,
});

/** The object is taken, and what is served afterwards decodes to the same resource. */
async function comesBack(server: KubeServer, object: KubeObject, message: string): Promise<void> {
  const created = await create(server, object);
  assert.ok("object" in created, `${message}: ${JSON.stringify(created)}`);
  const served = await server.request("GET", objectPath(object));
  assert.deepEqual(essence(served), essence(object), message);
  await server.request("DELETE", objectPath(object));
}

async function refusal(server: KubeServer, object: KubeObject): Promise<string> {
  const created = await create(server, object, "Strict", true);
  assert.ok("refusal" in created, `taken: ${JSON.stringify(object.spec)}`);
  return created.refusal;
}

Deno.test("the CRDs on a Kubernetes API server", async (t) => {
  const server = await KubeServer.start();
  try {
    const golden = goldenDocuments();
    await makeNamespaces(server, golden.map(({ object }) => object.metadata.namespace!));

    await t.step("each is taken, established, and structural", async () => {
      const crds = await applyCrds(server);
      assert.equal(crds.length, WITH_CRD.length);
      for (const { metadata, status } of crds) {
        assert.deepEqual(
          status.conditions.map(({ type, status }) => `${type}=${status}`).sort(),
          ["Established=True", "NamesAccepted=True"],
          metadata.name,
        );
      }
    });

    await t.step("documents of the golden cases are taken and come back; faulty ones are refused", async () => {
      const let_through: string[] = [];
      let taken = 0;
      for (const { from, object } of golden) {
        if (!faulty(object)) {
          await comesBack(server, object, `${from} ${object.kind} ${object.metadata.name}`);
          taken++;
        } else if ("object" in await create(server, object, "Strict", true)) {
          let_through.push(`${from}: ${decode(object).reports.map(({ message }) => message)}`);
        }
      }
      assert.ok(taken > 100, `${taken} taken`);
      assert.deepEqual(let_through, []);
    });

    await t.step("random valid documents are taken and come back", async () => {
      for (const kind of WITH_CRD) {
        for (let seed = 0; seed < 16; seed++) {
          const spec = new RandomValues(schema.registry, seeded(seed)).of(KINDS[kind].spec, 7);
          await comesBack(server, ofKind(kind, spec), `${kind} ${seed}`);
        }
      }
    });

    await t.step("a mistake that decoding refuses is refused", async () => {
      for (const kind of WITH_CRD) {
        const random = seeded(1);
        const values = new RandomValues(schema.registry, random);
        const spoiler = new Spoiler(schema.registry, (shape: Shape) => values.of(shape, 1), [
          ...CRD_NOTES[kind]?.carried ?? [],
        ]);
        const all = [...spoiler.spoil(KINDS[kind].spec, values.of(KINDS[kind].spec, 7))];
        // Some of the many, whichever they are, and one of each sort.
        const some = new Map(all.map((one) => [one.mistake, one]));
        for (const one of [...some.values(), ...all.filter(() => random() < 30 / all.length)]) {
          const object = ofKind(kind, one.value);
          assert.ok(faulty(object), `${kind}: decoding takes this ${one.mistake}: ${JSON.stringify(one.value)}`);
          await refusal(server, object);
        }
      }
    });
  } finally {
    server.closeClient();
    await server.stop();
  }
});
