import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { artifact, decodeForTests, stream, TemporaryFolder, WatchedClient } from "./test_bench.ts";
import { createDirectoryClient } from "./directory_client.ts";

const watch = (folder: TemporaryFolder, path = "") =>
  WatchedClient.start({ roots: [{ path: `${folder.path}${path}`, layout: "mixed" }] });

Deno.test("Gloo's layout and manifests are read side by side", async () => {
  using folder = new TemporaryFolder();
  folder.write("upstreams/gloo-system/one.yaml", "data: {text: a}\n");
  folder.write("deep/down/artifacts/ns/two.yml", "metadata: {name: named, namespace: ns}\ndata: {text: b}\n");
  folder.write("all.yaml", stream(artifact("three", "c"), "kind: Deployment\n", artifact("four", "d")));
  folder.write("x/five.json", '{"apiVersion":"v1","kind":"Artifact","metadata":{"name":"five","namespace":"ns"}}');
  folder.write("list.yaml", "items: [{apiVersion: v1, kind: Artifact, metadata: {name: six, namespace: ns}}]\n");
  folder.write("artifacts/ns/two-in-one.yaml", "metadata: {name: a1}\n---\nmetadata: {name: a2}\n");
  for (const name of ["readme.md", ".hidden.yaml", ".git/x.yaml", "x.yaml~", "#x.yaml#", ".x.yaml.swp", "4913"]) {
    folder.write(name, artifact("unwanted", "x"));
  }
  await using watched = await watch(folder);
  deepEqual(Object.keys(watched.state).sort(), [
    "Upstream/gloo-system/one",
    "a1",
    "a2",
    "five",
    "four",
    "named",
    "six",
    "three",
  ]);
  deepEqual(watched.faults, []);
});

Deno.test("files are seen when made, changed and deleted, and what is equal keeps its object", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1")));
  await using watched = await watch(folder);
  const [one, two] = [watched.get("one"), watched.get("two")];
  folder.write("a.yaml", stream(artifact("one", "1"), "# a comment\n" + artifact("two", "2")));
  await watched.until(() => watched.state.two === 2);
  equal(watched.get("one"), one);
  ok(watched.get("two") !== two);
  folder.write("new/b.yaml", artifact("three", "3"));
  await watched.until(() => watched.state.three === 3);
  Deno.removeSync(folder.at("a.yaml"));
  await watched.until(() => watched.removed.length === 2);
  deepEqual(watched.state, { three: 3 });
});

Deno.test("a file that is saved unchanged says nothing", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  await using watched = await watch(folder);
  folder.write("a.yaml", artifact("one", "1"));
  folder.write("b.yaml", artifact("two", "1"));
  await watched.until(() => watched.state.two === 1);
  deepEqual(watched.transactions.map(({ put }) => put.map(({ metadata }) => metadata.name)), [["two"]]);
});

Deno.test("one bad document is one report and holds only its own last good form", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1"), artifact("three", "1")));
  await using watched = await watch(folder);
  folder.write("a.yaml", stream(artifact("one", "2"), "apiVersion: v1\nkind: [\n", artifact("three", "2")));
  await watched.until(() => watched.state.three === 2);
  deepEqual(watched.state, { one: 2, two: 1, three: 2 });
  deepEqual(watched.faults, ["1001 two"]);
  const { file, line, column } = watched.reports[0]!.location!;
  equal(file, folder.at("a.yaml"));
  ok(line! >= 6 && line! <= 8 && column! >= 1);

  folder.write("a.yaml", stream(artifact("one", "3"), artifact("two", "1").replace("{data:", "{bad:")));
  await watched.until(() => watched.state.one === 3);
  deepEqual(watched.faults, ["1003 two"]);
  deepEqual(watched.reports[0]!.location, { file: folder.at("a.yaml"), line: 9, column: 8 });
  deepEqual(watched.state, { one: 3, two: 1 });
  deepEqual(watched.removed, ["three"]);

  folder.write("a.yaml", stream(artifact("one", "4"), artifact("two", "4")));
  await watched.until(() => watched.state.one === 4);
  deepEqual(watched.state, { one: 4, two: 4 });
  deepEqual(watched.faults, []);
});

Deno.test("a document that is bad at the first look keeps what was known before", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "2").replace("{data:", "{bad:"));
  const before = {
    kind: "Artifact",
    metadata: { name: "one", namespace: "ns" },
    spec: { data: { text: "1" } },
  } as const;
  await using watched = await WatchedClient.start({
    roots: [{ path: folder.path, layout: "mixed" }],
    lastGood: ({ name }) => name === "one" ? before : undefined,
  });
  equal(watched.get("one"), before);
  deepEqual(watched.faults, ["1003 one"]);
});

Deno.test("while a document does not tell what it is, nothing that it may be is deleted", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1")));
  await using watched = await watch(folder);
  folder.write("a.yaml", stream("nameless: true\n", artifact("three", "1")));
  await watched.until(() => watched.state.three === 1);
  deepEqual(watched.state, { one: 1, two: 1, three: 1 });
  deepEqual(watched.faults, ["1003 one"]);
});

Deno.test("a file that is being written deletes nothing", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1"), artifact("three", "1")));
  await using watched = await watch(folder);
  using file = Deno.openSync(folder.at("a.yaml"), { write: true, truncate: true });
  file.writeSync(new TextEncoder().encode(stream(artifact("one", "2"), "apiVersion: gloo.solo.io/v1\n")));
  folder.write("b.yaml", artifact("witness", "1"));
  await watched.until(() => watched.state.witness === 1);
  await watched.client.rescan!();
  deepEqual(watched.state, { one: 1, two: 1, three: 1, witness: 1 });
  deepEqual(watched.removed, []);
});

Deno.test("a file that is closed, or stays the same for a while, is believed", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1"), artifact("three", "1")));
  await using watched = await watch(folder);
  folder.write("a.yaml", stream(artifact("one", "2"), artifact("two", "1")));
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.removed, ["three"]);
  using file = Deno.openSync(folder.at("a.yaml"), { write: true, truncate: true });
  file.writeSync(new TextEncoder().encode(artifact("one", "3")));
  await watched.until(() => watched.state.one === 3);
  deepEqual(watched.removed, ["three", "two"]);
});

Deno.test("a file that never stays the same is read in the end, and deletes nothing", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1")));
  await using watched = await watch(folder);
  using file = Deno.openSync(folder.at("a.yaml"), { write: true, truncate: true });
  file.writeSync(new TextEncoder().encode(artifact("one", "2")));
  const writing = setInterval(() => file.writeSync(new TextEncoder().encode("# more\n")), 50);
  await watched.until(() => watched.state.one === 2);
  clearInterval(writing);
  deepEqual(watched.removed, []);
});

Deno.test("an emptied file keeps its resources and is reported; deleting it deletes them", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  folder.write("b.yaml", "");
  await using watched = await watch(folder);
  deepEqual(watched.faults, []);
  folder.write("a.yaml", "# nothing\n");
  await watched.until(() => watched.faults.length > 0);
  deepEqual(watched.faults, ["1105 one"]);
  deepEqual(watched.state, { one: 1 });
  Deno.removeSync(folder.at("a.yaml"));
  await watched.until(() => watched.removed.length > 0);
  deepEqual([watched.state, watched.faults], [{}, []]);
});

Deno.test("editors that save by rename delete nothing on the way", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  await using watched = await watch(folder);
  for (let i = 2; i < 10; i++) {
    if (i % 2) {
      folder.write(".a.yaml.tmp", artifact("one", `${i}`));
      Deno.renameSync(folder.at(".a.yaml.tmp"), folder.at("a.yaml"));
    } else {
      Deno.renameSync(folder.at("a.yaml"), folder.at("a.yaml~"));
      folder.write("a.yaml", artifact("one", `${i}`));
    }
    await watched.until(() => watched.state.one === i);
  }
  deepEqual(watched.removed, []);
});

Deno.test("a moved file and a moved folder keep their resources", async () => {
  using folder = new TemporaryFolder();
  folder.write("a/a.yaml", artifact("one", "1"));
  folder.write("a/b.yaml", artifact("two", "1"));
  await using watched = await watch(folder);
  const [one, two] = [watched.get("one"), watched.get("two")];
  Deno.renameSync(folder.at("a/a.yaml"), folder.at("a/z.yaml"));
  Deno.renameSync(folder.at("a"), folder.at("c"));
  folder.write("witness.yaml", artifact("witness", "1"));
  await watched.until(() => watched.state.witness === 1);
  Deno.removeSync(folder.at("witness.yaml"));
  await watched.until(() => watched.removed.length > 0);
  deepEqual(watched.removed, ["witness"]);
  deepEqual([watched.get("one"), watched.get("two")], [one, two]);
  folder.write("c/z.yaml", artifact("one", "2"));
  await watched.until(() => watched.state.one === 2);
});

Deno.test("of two files that claim one name the first keeps it and the other is reported", async () => {
  using folder = new TemporaryFolder();
  folder.write("b.yaml", artifact("one", "b"));
  await using watched = await watch(folder);
  folder.write("a.yaml", stream("# head\n", artifact("two", "a"), artifact("one", "a")));
  await watched.until(() => watched.state.two === "a");
  deepEqual(watched.state, { one: "b", two: "a" });
  deepEqual(watched.faults, ["1106 one"]);
  deepEqual(watched.reports[0]!.location, { file: folder.at("a.yaml"), line: 8 });
  Deno.removeSync(folder.at("b.yaml"));
  await watched.until(() => watched.state.one === "a");
  deepEqual(watched.faults, []);
  deepEqual(watched.removed, []);
});

Deno.test("a last good form gives way to a good one in another file", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  await using watched = await watch(folder);
  folder.write("a.yaml", artifact("one", "1").replace("{data:", "{bad:"));
  await watched.until(() => watched.reports.length > 0);
  deepEqual(watched.state, { one: 1 });
  folder.write("b.yaml", artifact("one", "2"));
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.faults, ["1003 one"]);
});

Deno.test("a document that moves to another file in one go is not seen missing", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1")));
  folder.write("b.yaml", artifact("three", "1"));
  await using watched = await watch(folder);
  folder.write("b.yaml", stream(artifact("three", "1"), artifact("two", "1")));
  folder.write("a.yaml", artifact("one", "2"));
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.removed, []);
});

Deno.test("all files of a new folder are found", async () => {
  using folder = new TemporaryFolder();
  await using watched = await watch(folder);
  for (let i = 0; i < 50; i++) folder.write(`new/er/${i}.yaml`, artifact(`a${i}`, "1"));
  await watched.until(() => watched.resources.size === 50);
});

Deno.test("a directory of one kind has namespaces and files, and nothing deeper", async () => {
  using folder = new TemporaryFolder();
  folder.write("secrets/ns/one.yaml", "data: {text: a}\n");
  folder.write("secrets/ns/deeper/two.yaml", "data: {text: a}\n");
  folder.write("secrets/three.yaml", "data: {text: a}\n");
  folder.write("data/gloo-system/default.yaml", "data: {text: s1}\n");
  await using watched = await WatchedClient.start({
    roots: [
      { path: folder.at("secrets/"), layout: "one-kind", kind: "Secret" },
      { path: folder.at("data/gloo-system/default.yaml"), layout: "one-kind", kind: "Settings" },
    ],
  });
  deepEqual(watched.state, { "Secret/ns/one": "a", "Settings/gloo-system/default": "s1" });
  folder.write("data/gloo-system/.default.yaml", "data: {text: s2}\n");
  Deno.renameSync(folder.at("data/gloo-system/.default.yaml"), folder.at("data/gloo-system/default.yaml"));
  await watched.until(() => watched.state["Settings/gloo-system/default"] === "s2");
  Deno.removeSync(folder.at("data/gloo-system/default.yaml"));
  await watched.until(() => watched.reports.length > 0);
  equal(watched.reports[0]!.code, "SLUICE-1107");
  equal(watched.state["Settings/gloo-system/default"], "s2");
});

Deno.test("an earlier root hides a later one", async () => {
  using folder = new TemporaryFolder();
  folder.write("later/a.yaml", artifact("one", "later"));
  folder.write("first/b.yaml", artifact("two", "first"));
  await using watched = await WatchedClient.start({
    roots: [{ path: folder.at("first"), layout: "mixed" }, { path: folder.at("later"), layout: "mixed" }],
  });
  folder.write("first/z.yaml", artifact("one", "first"));
  await watched.until(() => watched.state.one === "first");
  deepEqual(watched.faults, ["1106 one"]);
  equal(watched.reports[0]!.location!.file, folder.at("later/a.yaml"));
});

Deno.test("a root that is missing is reported and waited for; one that goes keeps what it gave", async () => {
  using folder = new TemporaryFolder();
  await using watched = await watch(folder, "/config");
  deepEqual(watched.reports.map(({ code }) => code), ["SLUICE-1107"]);
  folder.write("config/a.yaml", artifact("one", "1"));
  await watched.until(() => watched.state.one === 1);
  deepEqual(watched.reports, []);
  Deno.renameSync(folder.at("config"), folder.at("gone"));
  await watched.until(() => watched.reports.length > 0);
  deepEqual(watched.state, { one: 1 });
  deepEqual(watched.removed, []);
  folder.write("gone/a.yaml", artifact("one", "2"));
  Deno.renameSync(folder.at("gone"), folder.at("config"));
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.reports, []);
});

Deno.test("a replaced root is watched anew, and while it is filled nothing is deleted", async () => {
  using folder = new TemporaryFolder();
  for (let i = 0; i < 5; i++) folder.write(`config/${i}.yaml`, artifact(`a${i}`, "1"));
  await using watched = await watch(folder, "/config");
  Deno.renameSync(folder.at("config"), folder.at("old"));
  folder.write("config/0.yaml", artifact("a0", "2"));
  await watched.until(() => watched.state.a0 === 2);
  deepEqual(watched.removed, []);
  for (let i = 1; i < 4; i++) folder.write(`config/${i}.yaml`, artifact(`a${i}`, "2"));
  await watched.until(() => watched.removed.length > 0);
  deepEqual(watched.removed, ["a4"]);
  deepEqual(watched.state, { a0: 2, a1: 2, a2: 2, a3: 2 });
  folder.write("config/new.yaml", artifact("new", "1"));
  await watched.until(() => watched.state.new === 1);
});

Deno.test("what is no UTF-8 spoils its own document only", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1")));
  await using watched = await watch(folder);
  const bytes = new TextEncoder().encode(stream(artifact("one", "2"), artifact("two", "X")));
  bytes[bytes.lastIndexOf("X".charCodeAt(0))] = 0xff;
  folder.write("a.yaml", bytes);
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.state, { one: 2, two: 1 });
  deepEqual(watched.faults, ["1103 two"]);
  deepEqual(watched.reports[0]!.location, { file: folder.at("a.yaml"), line: 9, column: 21 });
});

Deno.test("a file that is too large is reported and keeps what it gave", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  const roots = [{ path: folder.path, layout: "mixed" }] as const;
  await using watched = await WatchedClient.start({ roots, maxFileBytes: 200 });
  folder.write("a.yaml", `${artifact("one", "2")}# ${"x".repeat(200)}\n`);
  await watched.until(() => watched.reports.length > 0);
  deepEqual(watched.faults, ["1102 one"]);
  deepEqual(watched.state, { one: 1 });
});

Deno.test("the place of a path is told", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), "# two\n" + artifact("two", "1")));
  folder.write("artifacts/ns/bare.yaml", "# bare\ndata:\n  text: a\n");
  await using watched = await watch(folder);
  const at = (name: string, path: string) => {
    const { file, line, column } = watched.client.locate!({ kind: "Artifact", namespace: "ns", name }, path)!;
    return `${file.slice(folder.path.length + 1)}:${line}:${column}`;
  };
  equal(at("two", "data.text"), "a.yaml:10:15");
  equal(at("two", ""), "a.yaml:7:1");
  equal(at("two", "metadata.name"), "a.yaml:9:12");
  equal(at("bare", "data.text"), "artifacts/ns/bare.yaml:3:3");
  equal(watched.client.locate!({ kind: "Artifact", namespace: "ns", name: "none" }, ""), undefined);
});

Deno.test("only what somebody wants to know of is told", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1").replace("ns}", "other}")));
  folder.write("upstreams/ns/u.yaml", "data: {text: a}\n");
  folder.write("upstreams/ns/v.yaml", "bad: true\n");
  const client = createDirectoryClient({
    roots: [{ path: folder.path, layout: "mixed" }],
    decode: decodeForTests,
    defaultNamespace: "default",
  });
  client.register({ kinds: ["Artifact"], namespaces: ["ns"] });
  const { put, reports } = await client.list(new AbortController().signal);
  deepEqual(put.map(({ metadata }) => metadata.name), ["one"]);
  deepEqual(reports, []);
  match(client.name, /^file:/);
});

Deno.test("ten thousand files are read, and one of them changes", async () => {
  using folder = new TemporaryFolder();
  for (let i = 0; i < 10_000; i++) folder.write(`${i % 20}/${i}.yaml`, artifact(`a${i}`, "1"));
  await using watched = await watch(folder);
  equal(watched.resources.size, 10_000);
  folder.write("7/4007.yaml", artifact("a4007", "2"));
  await watched.until(() => watched.state.a4007 === 2);
  deepEqual(watched.transactions.map(({ put }) => put.length), [1]);
  await watched.client.rescan!();
  equal(watched.transactions.length, 1);
});
