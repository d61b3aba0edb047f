import assert from "node:assert/strict";
import { pathTextFault } from "./path_text.ts";

Deno.test("path text follows Gloo's rules", () => {
  for (const good of ["", "/", "/a/b-c_d.~!$&'()*+,:=;@", "/%20x", "/a."]) assert.equal(pathTextFault(good), undefined);
  for (const bad of ["/a//b", "/./a", "/a/../b", "/a%2fb", "/a%2Fb", "/a#b", "/a/..", "/a/.", "/a b", "/a?b", "/%zz"]) {
    assert.notEqual(pathTextFault(bad), undefined, bad);
  }
});
