import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { indexOfText } from "./search.ts";

Deno.test("a text is found where it stands first, and not where it does not", () => {
  const bytes = Buffer.from("abababc abc /r2-e00012/ abc");
  for (const text of ["abc", "ababc", "c a", "/r2-e00012/", "abababc abc /r2-e00012/ abc", "c", "a"]) {
    assert.equal(indexOfText(bytes, text), bytes.indexOf(text), text);
  }
  assert.equal(indexOfText(bytes, "abd"), -1);
  assert.equal(indexOfText(bytes, "abc", 5), 8);
  assert.equal(indexOfText(bytes, "abc", 25), -1);
  assert.equal(indexOfText(new Uint8Array(0), "abc"), -1);
});

Deno.test("it agrees with the library on any bytes", () => {
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.from(Array.from({ length: 60 }, () => 97 + next(2)));
    const text = Array.from({ length: 1 + next(6) }, () => "ab"[next(2)]).join("");
    const from = next(60);
    assert.equal(indexOfText(bytes, text, from), bytes.indexOf(text, from), `${bytes} ${text} ${from}`);
  }
});
