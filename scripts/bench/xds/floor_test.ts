import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Capture } from "./capture.ts";
import { FloorResources, FloorStream } from "./floor.ts";
import { contents, field, requestBytes, resourceName, RESPONSE, responseHead, TYPE_URL, type XdsForm } from "./wire.ts";

/** A virtual host, as much of one as the floor looks at. */
function host(name: string): Buffer {
  return Buffer.concat([field(1, name), field(2, `${name}.test`), field(3, "/r2-e00000/")]);
}

function resource(form: XdsForm, typeUrl: string, name: string, value: Buffer): Buffer {
  const any = Buffer.concat([field(1, typeUrl), field(2, value)]);
  return field(RESPONSE.resources, form === "sotw" ? any : Buffer.concat([field(2, any), field(3, name)]));
}

function floorOf(form: XdsForm): FloorResources {
  const capture = new Capture(form);
  capture.add(TYPE_URL.cluster, resource(form, TYPE_URL.cluster, "c", field(1, "c")));
  if (form === "sotw") {
    const table = Buffer.concat([field(1, "r"), field(2, host("a")), field(2, host("b"))]);
    capture.add(TYPE_URL.route, resource(form, TYPE_URL.route, "r", table));
  } else {
    const hosts = ["a", "b"].map((name) => resource(form, TYPE_URL.virtualHost, name, host(name)));
    capture.add(TYPE_URL.virtualHost, Buffer.concat(hosts));
  }
  return new FloorResources(form, capture.types());
}

const ask = (form: XdsForm, typeUrl: string, names: string[] = [], nonce = "") =>
  requestBytes(form, { typeUrl, names, nonce });

/** Names of the resources in a response. */
const namesIn = (form: XdsForm, response: Buffer | undefined) =>
  contents(response!, RESPONSE.resources).map((one) => resourceName(form, one));

Deno.test("delta: all virtual hosts at first, then the one that was edited, with its new digits", () => {
  const resources = floorOf("delta");
  const stream = new FloorStream(resources);
  stream.receive(ask("delta", TYPE_URL.virtualHost));
  const first = stream.take();
  assert.deepEqual(namesIn("delta", first), ["a", "b"]);
  stream.receive(ask("delta", TYPE_URL.virtualHost, [], responseHead(first!).nonce));
  assert.equal(stream.take(), undefined);
  stream.changed(resources.edit("b.test", "/r2-e", "/r2-e00007/"));
  const second = stream.take()!;
  assert.deepEqual(namesIn("delta", second), ["b"]);
  assert.ok(second.includes("/r2-e00007/"));
  assert.ok(!second.includes("/r2-e00000/"));
});

Deno.test("state of the world: the whole table again, and nothing before the answer to the last one", () => {
  const resources = floorOf("sotw");
  const stream = new FloorStream(resources);
  stream.receive(ask("sotw", TYPE_URL.route, ["r"]));
  const first = stream.take()!;
  stream.changed(resources.edit("a.test", "/r2-e", "/r2-e00001/"));
  stream.changed(resources.edit("a.test", "/r2-e", "/r2-e00002/"));
  assert.equal(stream.take(), undefined);
  stream.receive(ask("sotw", TYPE_URL.route, ["r"], responseHead(first).nonce));
  const second = stream.take()!;
  assert.ok(second.includes("/r2-e00002/"));
  assert.ok(second.includes("/r2-e00000/"), "b is as it was");
  assert.notEqual(responseHead(second).version, responseHead(first).version);
});

Deno.test("other names are answered with everything; a type that was not captured is not", () => {
  const stream = new FloorStream(floorOf("sotw"));
  stream.receive(ask("sotw", TYPE_URL.cluster));
  const first = stream.take()!;
  assert.deepEqual(namesIn("sotw", first), ["c"]);
  stream.receive(ask("sotw", TYPE_URL.cluster, ["c"], responseHead(first).nonce));
  assert.deepEqual(namesIn("sotw", stream.take()), ["c"]);
  stream.receive(ask("sotw", TYPE_URL.listener));
  assert.equal(stream.take(), undefined);
});

Deno.test("a refusal ends the floor, and so does an edit of what is not there", () => {
  const resources = floorOf("sotw");
  const refused = Buffer.concat([ask("sotw", TYPE_URL.route), field(6, field(2, "bad table"))]);
  assert.throws(() => new FloorStream(resources).receive(refused), /refused: bad table/);
  assert.throws(() => resources.edit("c.test", "/r2-e", "/r2-e00001/"), /nothing was captured for c.test/);
});

Deno.test("a capture keeps the last of a name in delta, and the last response in the state of the world", () => {
  for (const form of ["sotw", "delta"] as const) {
    const capture = new Capture(form);
    for (const name of ["a", "b"]) {
      capture.add(TYPE_URL.cluster, resource(form, TYPE_URL.cluster, name, field(1, name)));
    }
    assert.equal(capture.count(TYPE_URL.cluster), form === "sotw" ? 1 : 2);
  }
});
