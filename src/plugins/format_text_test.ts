import assert from "node:assert/strict";
import { formatFault, literalFormat } from "./format_text.ts";
import { BAD_FORMATS, GOOD_FORMATS } from "./format_text_examples.ts";

Deno.test("what Envoy takes is good", () => {
  for (const text of GOOD_FORMATS) assert.equal(formatFault(text, "header"), undefined, text);
});

Deno.test("what Envoy refuses is a fault", () => {
  for (const text of BAD_FORMATS) assert.ok(formatFault(text, "header"), text);
});

Deno.test("PER_REQUEST_STATE is for values of headers only", () => {
  assert.equal(formatFault("%PER_REQUEST_STATE(a)%", "header"), undefined);
  assert.match(formatFault("%PER_REQUEST_STATE(a)%", "log")!, /no command/);
});

Deno.test("the message says what would be right", () => {
  assert.match(formatFault("100%")!, /write %% for a percent sign/);
  assert.match(formatFault("%REQ%")!, /%REQ\(the name of a header, or two of them with \? between\)%/);
  assert.match(formatFault("a %NOPE%")!, /character 3 .* no command that Envoy knows/);
});

Deno.test("the message shows nothing of the text but the names of commands: it may be a secret", () => {
  for (const text of ["HUNTER2%a", "%HUNTER2%", "%REQ(HUNTER2 )%", "%REQ(a)HUNTER2", "%START_TIME:HUNTER2%"]) {
    for (const place of ["log", "header"] as const) {
      const fault = formatFault(text, place);
      assert.ok(fault, text);
      assert.doesNotMatch(fault, /HUNTER2/, text);
    }
  }
});

Deno.test("literal text is good whatever it holds", () => {
  assert.equal(literalFormat("100% %REQ(x)%"), "100%% %%REQ(x)%%");
  assert.equal(formatFault(literalFormat("100% %NOPE")), undefined);
});
