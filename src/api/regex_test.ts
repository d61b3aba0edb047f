import assert from "node:assert/strict";
import { regexFault, regexMatcher } from "./regex.ts";

Deno.test("RE2 syntax is accepted, what only other engines know is refused", () => {
  for (const good of ["/api/[^/]+/x", "(?i)abc", "(?P<n>a)", "\\d{1,3}", "[[:alpha:]]+", "\\p{Greek}", "{"]) {
    assert.equal(regexFault(good), undefined, good);
  }
  for (const bad of ["", "(?=a)", "(?<!a)b", "(a)\\1", "a*+", "a{1001}", "(", "[z-a]", "a\\"]) {
    assert.notEqual(regexFault(bad), undefined, bad);
  }
});

Deno.test("the program size is limited by settings, and told to Envoy only where its own limit may be too small", () => {
  assert.match(regexFault("(a{50}){5}", 100)!, /regexMaxProgramSize/);
  assert.equal(regexFault("(a{50}){5}", 300), undefined);
  assert.deepEqual(regexMatcher("/api/.*"), { regex: "/api/.*" });
  assert.deepEqual(regexMatcher("a{120}", 200), { regex: "a{120}", googleRe2: { maxProgramSize: { value: 200 } } });
});
