/** The head of a portable executable: how it unpacks itself, and what it refuses. The program in it is a script. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { HEAD_LENGTH } from "../../scripts/packaging/portable_head.ts";
import { makePortable } from "../../scripts/packaging/portable.ts";
import { makeFolder } from "../envoy/product.ts";
import { type Ended, runToEnd } from "./run_to_end.ts";

/** Prints its arguments, one a line, and ends with 7. */
const PROGRAM = '#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done\nexit 7\n';

interface Bed {
  readonly folder: string;
  readonly file: string;
  readonly cache: string;
}

const start = (file: string, env: Record<string, string>, words: readonly string[] = []): Promise<Ended> =>
  runToEnd(file, words, env);

function portable(what: string, run: (bed: Bed) => Promise<void>): void {
  Deno.test(`portable: ${what}`, async () => {
    const folder = await makeFolder({ "deno": PROGRAM, "bundle/main.js": "", "bundle/deep/er.js": "x" });
    const file = join(folder, "sluice");
    try {
      await makePortable({ deno: join(folder, "deno"), bundle: join(folder, "bundle"), output: file });
      await run({ folder, file, cache: join(folder, "cache") });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** What the cache folder holds: one unpacked folder where all is well. */
const namesIn = (folder: string): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name);

portable("words and exit code pass through as they are", async ({ file, cache }) => {
  const words = ["serve", "--config", "a b", "it's", "two\nlines", "$HOME", ""];
  const { code, out, err } = await start(file, { CACHE_DIRECTORY: cache }, words);
  assert.equal(err, "");
  assert.equal(code, 7);
  assert.ok(out.endsWith(`/app/main.js>\n${words.map((word) => `<${word}>\n`).join("")}`), out);
  assert.ok(out.startsWith("<run>\n"), out);
  for (const flag of ["--no-prompt", "--allow-run=envoy"]) assert.ok(out.includes(`<${flag}>\n`), flag);
});

portable("unpacks itself once, for its user alone", async ({ file, cache }) => {
  await start(file, { CACHE_DIRECTORY: cache });
  const [name] = namesIn(cache);
  const inode = (await Deno.stat(join(cache, name!))).ino;
  assert.equal(await Deno.readTextFile(join(cache, name!, "app/deep/er.js")), "x");
  assert.equal((await Deno.stat(cache)).mode! & 0o077, 0);
  await start(file, { CACHE_DIRECTORY: cache });
  assert.deepEqual(namesIn(cache), [name]);
  assert.equal((await Deno.stat(join(cache, name!))).ino, inode);
});

portable("many first starts at once leave one folder", async ({ file, cache }) => {
  const ends = await Promise.all(Array.from({ length: 12 }, () => start(file, { CACHE_DIRECTORY: cache }, ["x"])));
  assert.deepEqual([...new Set(ends.map(({ code, err }) => `${code} ${err}`))], ["7 "]);
  const [name, another] = namesIn(cache);
  assert.equal(another, undefined);
  assert.deepEqual(namesIn(join(cache, name!)).sort(), ["app", "sluice"]);
});

portable("what a start that was killed has left goes", async ({ file, cache }) => {
  await Deno.mkdir(join(cache, "part.999999999"), { recursive: true, mode: 0o700 });
  assert.equal((await start(file, { CACHE_DIRECTORY: cache })).code, 7);
  assert.equal(namesIn(cache).length, 1);
});

portable("another version has a folder of its own", async ({ folder, file, cache }) => {
  await start(file, { CACHE_DIRECTORY: cache });
  await Deno.writeTextFile(join(folder, "bundle/main.js"), "// changed");
  await makePortable({ deno: join(folder, "deno"), bundle: join(folder, "bundle"), output: file });
  assert.equal((await start(file, { CACHE_DIRECTORY: cache })).code, 7);
  assert.equal(namesIn(cache).length, 2);
});

portable("the same input gives the same bytes", async ({ folder, file }) => {
  const again = join(folder, "again");
  await makePortable({ deno: join(folder, "deno"), bundle: join(folder, "bundle"), output: again });
  assert.deepEqual(await Deno.readFile(again), await Deno.readFile(file));
});

portable("a file that is cut short, or damaged, starts nothing and leaves nothing", async ({ folder, file, cache }) => {
  const whole = await Deno.readFile(file);
  const damaged = whole.slice();
  damaged[HEAD_LENGTH + 40]! ^= 0xff;
  // The check sum of gzip is in its last eight bytes.
  const miscounted = whole.slice();
  miscounted[whole.length - 6]! ^= 0xff;
  for (const bytes of [whole.slice(0, whole.length - 20), whole.slice(0, HEAD_LENGTH), damaged, miscounted]) {
    const bad = join(folder, "bad");
    await Deno.writeFile(bad, bytes, { mode: 0o755 });
    const { code, out, err } = await start(bad, { CACHE_DIRECTORY: cache });
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, /sluice: cannot unpack itself to .*; is .* whole, and is there room\?/);
    assert.deepEqual(namesIn(cache), []);
  }
});

portable("where it unpacks to", async ({ folder, file }) => {
  const places: [Record<string, string>, string][] = [
    [{ CACHE_DIRECTORY: join(folder, "a") + ":/nowhere", XDG_CACHE_HOME: join(folder, "b") }, "a"],
    [{ XDG_CACHE_HOME: join(folder, "b"), HOME: join(folder, "c") }, "b/sluice"],
    [{ HOME: join(folder, "c") }, "c/.cache/sluice"],
  ];
  for (const [env, place] of places) {
    assert.equal((await start(file, env)).code, 7);
    assert.equal(namesIn(join(folder, place)).length, 1, place);
  }
});

portable("a folder that others can turn is refused", async ({ folder, file, cache }) => {
  await Deno.mkdir(join(folder, "elsewhere"));
  await Deno.mkdir(cache);
  await Deno.symlink(join(folder, "elsewhere"), join(cache, "sluice"));
  const { code, err } = await start(file, { XDG_CACHE_HOME: cache });
  assert.equal(code, 2);
  assert.match(err, /belongs to somebody else; CACHE_DIRECTORY names another folder/);
});

portable("a link that CACHE_DIRECTORY names is followed, as systemd gives one", async ({ folder, file, cache }) => {
  await Deno.mkdir(join(folder, "private"));
  await Deno.symlink(join(folder, "private"), cache);
  const { code, out, err } = await start(file, { CACHE_DIRECTORY: cache });
  assert.equal(code, 7, err);
  assert.ok(out.includes(`<${folder}/private/`), out);
});

portable("a place that cannot be written is told of", async ({ folder, file }) => {
  const { code, err } = await start(file, { CACHE_DIRECTORY: join(folder, "deno/cache") });
  assert.equal(code, 2);
  assert.match(err, /cannot unpack itself to .*deno\/cache; CACHE_DIRECTORY names another folder/);
});
