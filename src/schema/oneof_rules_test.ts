import assert from "node:assert/strict";
import { oneofRules, RULES } from "./oneof_rules.ts";
import { violations } from "./testing/validator.ts";

Deno.test("a rule holds where none or one of the members is set, whichever", () => {
  for (let count = 2; count <= 6; count++) {
    const members = [..."abcdef"].slice(0, count);
    const rules = oneofRules([members]);
    for (let bits = 0; bits < 2 ** count; bits++) {
      const set = members.filter((_, i) => bits & 2 ** i);
      const value = Object.fromEntries(set.map((name) => [name, 1]));
      assert.equal(violations(rules, value).length, set.length > 1 ? 1 : 0, `${set} of ${members}`);
    }
  }
});

Deno.test("each oneof has a rule of its own, which names its members", () => {
  assert.deepEqual(oneofRules([["a", "b"], ["c", "d", "e"]]), {
    [RULES]: [
      { rule: "!(has(self.a) && has(self.b))", message: "only one of a, b may be set" },
      {
        rule: "(has(self.c) ? !(has(self.d) || has(self.e)) : !(has(self.d) && has(self.e)))",
        message: "only one of c, d, e may be set",
      },
    ],
  });
  assert.deepEqual(oneofRules([]), {});
});
