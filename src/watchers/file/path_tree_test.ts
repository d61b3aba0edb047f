import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { PathTree } from "./path_tree.ts";

const treeOf = (...paths: string[]): PathTree<string> => {
  const tree = new PathTree<string>();
  for (const path of paths) tree.set(path, path);
  return tree;
};

const within = (tree: PathTree<string>, path: string): string[] => [...tree.within(path)].sort();

Deno.test("a tree of paths knows what is at a path and below it, and not beside it", () => {
  const tree = treeOf("/r/a.yaml", "/r/sub/b.yaml", "/r/sub/deep/c.yaml", "/r/sub-other/d.yaml", "e.yaml");
  equal(tree.get("/r/sub/b.yaml"), "/r/sub/b.yaml");
  equal(tree.get("/r/sub"), undefined);
  deepEqual(within(tree, "/r/sub"), ["/r/sub/b.yaml", "/r/sub/deep/c.yaml"]);
  deepEqual(within(tree, "/r/a.yaml"), ["/r/a.yaml"]);
  deepEqual(within(tree, "/r").length, 4);
  deepEqual(within(tree, "/none"), []);
  deepEqual(within(tree, "e.yaml"), ["e.yaml"]);
});

Deno.test("what is deleted from a tree of paths leaves no folder behind, and may be while it is visited", () => {
  const tree = treeOf("/r/x/a.yaml", "/r/x/b.yaml", "/r/y/c.yaml");
  for (const path of tree.within("/r")) tree.delete(path);
  deepEqual(within(tree, ""), []);
  tree.delete("/never/was.yaml");
  tree.set("/r/x/a.yaml", "again");
  deepEqual(within(tree, "/r"), ["again"]);
});
