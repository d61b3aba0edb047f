import assert from "node:assert/strict";
import { measuredIndex, nextChurned } from "./churn.ts";

Deno.test("what churn edits is never measured", () => {
  for (const size of [2, 3, 50, 100, 120]) {
    for (const step of [2, 5, 50]) {
      const measured = new Set(Array.from({ length: 200 }, (_, edit) => measuredIndex(size, step, edit)));
      let index = 0;
      for (let i = 0; i < 200; i++) {
        index = nextChurned(size, step, index);
        assert.ok(index < size && !measured.has(index), `${index} of ${size} by ${step}`);
      }
      assert.ok([...measured].every((one) => one < size));
    }
  }
});
