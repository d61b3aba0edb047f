import assert from "node:assert/strict";
import { applyAll, chain, chainsOf, listener, origin, translation } from "./fixtures_test.ts";

const names = (...serverNames: string[]) => ({ match: { serverNames } });
const bad = { rejected: "hold", bytes: undefined } as const;
const of = (...chains: ReturnType<typeof chain>[]) => translation({ listeners: [listener(chains)] });

Deno.test("chains that differ in server names alone are one; one for every name stays by itself", () => {
  const result = applyAll(of(
    chain("a", "cert1", names("a.test")),
    chain("b", "cert2", names("b.test")),
    chain("c", "cert1", names("c.test", "a.test")),
    chain("d", "cert1"),
  ));
  assert.deepEqual(chainsOf(result), [
    { name: "cert1", serverNames: ["a.test", "c.test"] },
    { name: "cert2", serverNames: ["b.test"] },
    { name: "cert1", serverNames: undefined },
  ]);
});

Deno.test("a rejected chain keeps its last good form, with its names out of a chain that was shared", () => {
  const result = applyAll(
    of(chain("a", "cert1", names("a.test")), chain("b", "cert1", names("b.test"))),
    of(chain("a", "cert2", names("a.test")), chain("b", "", { ...bad, ...names("b.test") })),
  );
  assert.deepEqual(chainsOf(result), [
    { name: "cert2", serverNames: ["a.test"] },
    { name: "cert1", serverNames: ["b.test"] },
  ]);
  assert.deepEqual(result.held.map(({ what, origin: { name } }) => [what, name]), [["filter chain", "b"]]);
});

Deno.test("a chain that was never served is left out, and a listener without chains too", () => {
  const result = applyAll(of(chain("a", "cert1", names("a.test")), chain("b", "", bad)));
  assert.deepEqual(chainsOf(result), [{ name: "cert1", serverNames: ["a.test"] }]);
  assert.equal(applyAll(of(chain("b", "", bad))).snapshot.listeners.size, 0);
});

Deno.test("a held chain gives up the names that another chain serves now with other settings", () => {
  const result = applyAll(
    of(chain("a", "cert1", names("x.test", "y.test"))),
    of(chain("a", "", bad), chain("b", "cert2", names("x.test"))),
  );
  assert.deepEqual(chainsOf(result), [
    { name: "cert1", serverNames: ["y.test"] },
    { name: "cert2", serverNames: ["x.test"] },
  ]);
  const all = applyAll(
    of(chain("a", "cert1", names("x.test"))),
    of(chain("a", "", bad), chain("b", "cert2", names("x.test"))),
  );
  assert.deepEqual(chainsOf(all), [{ name: "cert2", serverNames: ["x.test"] }]);
  const every = applyAll(of(chain("a", "cert1")), of(chain("a", "", bad), chain("b", "cert2")));
  assert.deepEqual(chainsOf(every), [{ name: "cert2", serverNames: undefined }]);
});

Deno.test("a chain whose key changed with its settings is found by its place", () => {
  const result = applyAll(
    of(chain("http|one", "cert1", { origin: origin("matcher") })),
    of(chain("http|two", "", { ...bad, origin: origin("matcher") })),
  );
  assert.deepEqual(chainsOf(result), [{ name: "cert1", serverNames: undefined }]);
});

Deno.test("a rejected listener keeps its frame, with the new chains; one never served is left out", () => {
  const frame = (rest: object, marker: string) => translation({ listeners: [listener([chain("http", marker)], rest)] });
  const result = applyAll(frame({}, "old"), frame(bad, "new"));
  assert.deepEqual(chainsOf(result), [{ name: "new", serverNames: undefined }]);
  assert.deepEqual(result.held.map(({ what }) => what), ["listener"]);
  assert.equal(applyAll(frame(bad, "new")).snapshot.listeners.size, 0);
});

Deno.test("a listener is not held at an address that another has taken over", () => {
  const first = translation({ listeners: [listener([chain("http", "one")], { key: "a", name: "l" })] });
  const second = translation({
    listeners: [
      listener([chain("http", "two")], { key: "b", name: "l" }),
      listener([chain("http", "one")], { key: "a", name: "moved", ...bad }),
    ],
  });
  const result = applyAll(first, second);
  assert.deepEqual(chainsOf(result), [{ name: "two", serverNames: undefined }]);
  assert.equal(result.snapshot.listeners.size, 1);
});
