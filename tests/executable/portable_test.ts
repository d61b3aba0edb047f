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
  /** For $CACHE_DIRECTORY. */
  readonly cache: string;
  /** The folder in it that holds what was unpacked. */
  readonly unpacked: string;
}

const start = (file: string, env: Record<string, string>, words: readonly string[] = []): Promise<Ended> =>
  runToEnd(file, words, env);

function portable(what: string, run: (bed: Bed) => Promise<void>): void {
  Deno.test(`portable: ${what}`, async () => {
    const folder = await makeFolder({ "deno": PROGRAM, "bundle/main.js": "", "bundle/deep/er.js": "x" });
    const file = join(folder, "sluice");
    try {
      await makePortable({ deno: join(folder, "deno"), bundle: join(folder, "bundle"), output: file });
      await run({ folder, file, cache: join(folder, "cache"), unpacked: join(folder, "cache/sluice") });
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

portable("unpacks itself once, for its user alone", async ({ file, cache, unpacked }) => {
  await start(file, { CACHE_DIRECTORY: cache });
  const [name] = namesIn(unpacked);
  const inode = (await Deno.stat(join(unpacked, name!))).ino;
  assert.equal(await Deno.readTextFile(join(unpacked, name!, "app/deep/er.js")), "x");
  assert.equal((await Deno.stat(unpacked)).mode! & 0o077, 0);
  await start(file, { CACHE_DIRECTORY: cache });
  assert.deepEqual(namesIn(unpacked), [name]);
  assert.equal((await Deno.stat(join(unpacked, name!))).ino, inode);
});

portable("many first starts at once leave one folder", async ({ file, cache, unpacked }) => {
  const ends = await Promise.all(Array.from({ length: 12 }, () => start(file, { CACHE_DIRECTORY: cache }, ["x"])));
  assert.deepEqual([...new Set(ends.map(({ code, err }) => `${code} ${err}`))], ["7 "]);
  const [name, another] = namesIn(unpacked);
  assert.equal(another, undefined);
  assert.deepEqual(namesIn(join(unpacked, name!)).sort(), ["app", "sluice"]);
});

portable("what starts that were killed have left goes in time, and nothing else", async ({ file, cache, unpacked }) => {
  const long = new Date(Date.now() - 2 * 3600 * 1000);
  for (const name of [".part.old", ".part.new", "part.notes"]) {
    await Deno.mkdir(join(unpacked, name), { recursive: true, mode: 0o700 });
    if (name !== ".part.new") await Deno.utime(join(unpacked, name), long, long);
  }
  assert.equal((await start(file, { CACHE_DIRECTORY: cache })).code, 7);
  const names = namesIn(unpacked);
  assert.equal(names.length, 3);
  assert.ok(names.includes(".part.new") && names.includes("part.notes"));
});

portable("another version has a folder of its own", async ({ folder, file, cache, unpacked }) => {
  await start(file, { CACHE_DIRECTORY: cache });
  await Deno.writeTextFile(join(folder, "bundle/main.js"), "// changed");
  await makePortable({ deno: join(folder, "deno"), bundle: join(folder, "bundle"), output: file });
  assert.equal((await start(file, { CACHE_DIRECTORY: cache })).code, 7);
  assert.equal(namesIn(unpacked).length, 2);
});

portable("the same input gives the same bytes", async ({ folder, file }) => {
  const again = join(folder, "again");
  await makePortable({ deno: join(folder, "deno"), bundle: join(folder, "bundle"), output: again });
  assert.deepEqual(await Deno.readFile(again), await Deno.readFile(file));
});

portable(
  "a file that is cut short, or damaged, starts nothing and leaves nothing",
  async ({ folder, file, cache, unpacked }) => {
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
      assert.deepEqual(namesIn(unpacked), []);
    }
  },
);

portable("where it unpacks to", async ({ folder, file }) => {
  const places: [Record<string, string>, string][] = [
    [{ CACHE_DIRECTORY: join(folder, "a") + ":/nowhere", XDG_CACHE_HOME: join(folder, "b") }, "a/sluice"],
    [{ XDG_CACHE_HOME: join(folder, "b"), HOME: join(folder, "c") }, "b/sluice"],
    [{ HOME: join(folder, "c") }, "c/.cache/sluice"],
  ];
  for (const name of ["b", "c"]) await Deno.mkdir(join(folder, name));
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

portable(
  "a folder that others may write to is refused, and what others own in one",
  async ({ file, cache, unpacked }) => {
    await Deno.mkdir(unpacked, { recursive: true });
    await Deno.chmod(unpacked, 0o777);
    const open = await start(file, { CACHE_DIRECTORY: cache });
    assert.deepEqual([open.code, open.out], [2, ""]);
    assert.match(open.err, /others may write to .*; CACHE_DIRECTORY names another folder/);
    await Deno.chmod(unpacked, 0o700);
    assert.equal((await start(file, { CACHE_DIRECTORY: cache })).code, 7);
    if (Deno.uid() !== 0) return;
    await Deno.chown(join(unpacked, namesIn(unpacked)[0]!, "sluice"), 65534, 65534);
    const planted = await start(file, { CACHE_DIRECTORY: cache });
    assert.deepEqual([planted.code, planted.out], [2, ""]);
    assert.match(planted.err, /belongs to somebody else/);
  },
);

portable("root takes no home of somebody else", async ({ folder, file }) => {
  if (Deno.uid() !== 0) return;
  for (const name of ["his", "mine"]) await Deno.mkdir(join(folder, name));
  await Deno.chown(join(folder, "his"), 65534, 65534);
  assert.equal((await start(file, { XDG_CACHE_HOME: join(folder, "his"), HOME: join(folder, "mine") })).code, 7);
  assert.deepEqual(namesIn(join(folder, "his")), []);
  assert.equal(namesIn(join(folder, "mine/.cache/sluice")).length, 1);
});

portable("the program has the mask that it was started with", async ({ folder, file, cache }) => {
  await Deno.writeTextFile(join(folder, "deno"), "#!/bin/sh\numask\n");
  await makePortable({ deno: join(folder, "deno"), bundle: join(folder, "bundle"), output: file });
  const { out } = await runToEnd("sh", ["-c", `umask 027; exec ${file}`], { CACHE_DIRECTORY: cache });
  assert.equal(out, "0027\n");
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
  assert.match(err, /cannot unpack itself to .*deno\/cache\/sluice; CACHE_DIRECTORY names another folder/);
});
