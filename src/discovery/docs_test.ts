/** The examples of docs/discovery.md do what the page says. */
import assert from "node:assert/strict";
import type { Resource } from "../api/mod.ts";
import { dumpYaml, parseYaml } from "../watchers/mod.ts";
import { decode, rules, service } from "./test_services.ts";
import { upstreamsOf } from "./upstreams_of.ts";

const page = await Deno.readTextFile(new URL("../../docs/discovery.md", import.meta.url));
const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => {
  const parsed = parseYaml(text!);
  assert.ok("value" in parsed, text!);
  return parsed.value;
});

function decoded(document: unknown): Resource {
  const { resource, reports } = decode(document, { defaultNamespace: "default" });
  assert.deepEqual(reports, []);
  return resource!;
}

Deno.test("the Service of the page gives the Upstreams of the page", () => {
  const petstore = decoded(blocks[0]) as Resource<"Service">;
  const { upstreams, reports } = upstreamsOf(petstore, rules());
  assert.deepEqual([upstreams.map(({ metadata }) => metadata.name), reports], [
    ["shop-petstore-8080", "shop-petstore-9000"],
    [],
  ]);
  assert.deepEqual(upstreams[1], decoded(blocks[1]), dumpYaml(upstreams[1]));
});

Deno.test("the annotations of the page are right, and the faulty one is told in the words of the page", () => {
  const { metadata } = blocks[2] as { metadata: { annotations: Record<string, string> } };
  const ports = { ports: [{ port: 80 }, { port: 443 }] };
  const { upstreams, reports } = upstreamsOf(service(ports, metadata), rules());
  assert.deepEqual(reports, []);
  assert.deepEqual(upstreams.map(({ spec }) => spec.sslConfig?.secretRef?.name), [undefined, "petstore-tls"]);
  const faulty = { annotations: { "gloo.solo.io/upstream_config": '{"connectionConfig": {"conectTimeout": "2s"}}' } };
  const [report] = upstreamsOf(service(ports, { name: "petstore", ...faulty }), rules()).reports;
  const { severity, code, ref, path, message } = report!;
  const text = `${severity} ${code} ${ref.kind} ${ref.namespace}/${ref.name} ${path}:\n    ${message}`;
  assert.ok(page.includes(`    ${text}\n`), text);
});
