import assert from "node:assert/strict";
import protobuf from "protobufjs";
import descriptor from "./gen/descriptor.json" with { type: "json" };
import { LazyRoot } from "./lazy_root.ts";
import { plain } from "./plain.ts";
import { prepare } from "./prepare.ts";
import { randomMessage, randomOf } from "./random_message.ts";

const ROUTE = "envoy.config.route.v3.Route";

function typesOf(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((object) => [
    ...(object instanceof protobuf.Type ? [object] : []),
    ...(object instanceof protobuf.Namespace ? typesOf(object) : []),
  ]);
}

Deno.test("each message by itself has the bytes that it has with all others there", () => {
  const whole = protobuf.Root.fromJSON(descriptor as protobuf.INamespace);
  let lazy = new LazyRoot(descriptor);
  for (const [i, type] of typesOf(whole).entries()) {
    // A few share a root, so that what one has taken is there for the next.
    if (i % 5 === 0) lazy = new LazyRoot(descriptor);
    const name = type.fullName.slice(1);
    const alone = lazy.lookupType(name);
    const message = randomMessage(name, randomOf(name), 4);
    const bytes = type.encode(prepare(type, message)).finish();
    assert.deepEqual(alone.encode(prepare(alone, message)).finish(), bytes, name);
    assert.deepEqual(plain(alone, alone.decode(bytes)), plain(type, type.decode(bytes)), name);
  }
});

Deno.test("only what is asked for is taken, with what the fields in use refer to; all of it where all is wanted", () => {
  const root = new LazyRoot(descriptor);
  const type = root.lookupType(ROUTE);
  assert.deepEqual(typesOf(root).map(({ name }) => name), ["Route"]);
  const encoded = type.encode(prepare(type, { match: { prefix: "/" }, directResponse: { status: 200 } })).finish();
  const few = typesOf(root).length;
  assert.equal(few > 1 && few < 100, true, `${few} messages`);
  root.resolveAll();
  assert.equal(typesOf(root).length > 400, true);
  assert.equal(root.lookupType(ROUTE) === type, true);
  assert.deepEqual(
    type.encode(prepare(type, { match: { prefix: "/" }, directResponse: { status: 200 } })).finish(),
    encoded,
  );
});

Deno.test("a message in a message, an enum and a service are found by full name; nothing is found by a name that is not there", () => {
  const root = new LazyRoot(descriptor);
  assert.equal(root.lookupType("envoy.config.route.v3.RouteAction.HashPolicy.Header").fullName.split(".").length, 8);
  assert.equal(root.lookupEnum("envoy.config.core.v3.RoutingPriority").values.HIGH, 1);
  const service = root.lookupService("envoy.service.discovery.v3.AggregatedDiscoveryService");
  assert.equal(service.methodsArray.length, 2);
  for (const name of ["envoy.config.route.v3.Rout", "envoy.config.nothing.Route", "toString", "envoy"]) {
    assert.equal(root.lookup(name, [protobuf.Type]) === null, true, name);
  }
});
