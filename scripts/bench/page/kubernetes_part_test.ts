import assert from "node:assert/strict";
import { partOf, withPart } from "./kubernetes_part.ts";

Deno.test("each of the two benches keeps the part of the other", () => {
  const first = withPart("# Benchmarks\n\nfiles\n", "## In Kubernetes\n\nold");
  assert.match(first, /files\n\n<!-- kubernetes -->\n\n## In Kubernetes\n\nold\n\n<!-- end of kubernetes -->\n$/);
  const second = withPart(first, "## In Kubernetes\n\nnew");
  assert.equal(second, first.replace("old", "new"));
  const { rest, part } = partOf(second);
  assert.equal(rest.trim(), "# Benchmarks\n\nfiles");
  assert.equal(withPart("# Benchmarks\n\nother files\n", part), second.replace("files", "other files"));
  assert.deepEqual(partOf("# Benchmarks\n"), { rest: "# Benchmarks\n", part: "" });
});
