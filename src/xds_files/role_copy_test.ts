import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { decode, toJson } from "../envoy/mod.ts";
import { createLogger, createMetrics } from "../telemetry/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { type EnvoySnapshot, XdsCache, type XdsResource } from "../xds/mod.ts";
import { cluster, endpoints, host, listener, route, secret, snapshot } from "../xds/test_snapshot.ts";
import { readDiscoveryFile } from "./discovery_file.ts";
import { denoDisk, type Disk, fileMode } from "./disk.ts";
import { MOST_FILES, roleFolder } from "./layout.ts";
import { RoleCopy } from "./role_copy.ts";

const ROLE = "ns~proxy";
const SCRATCH = fileURLToPath(new URL("../../.cache/test", import.meta.url));
const LIMITS = { clusterWaitMs: 2_000, graceMs: 5_000 };

/** A copy in a folder of its own. */
interface Scene {
  readonly folder: string;
  readonly clock: FakeClock;
  readonly log: string[];
  /** What was written and removed since the last look: `cds.pb`, `-rds/l.pb`. */
  done(): string[];
  /** Makes this the role's snapshot and waits until all that can be is written. */
  set(snapshot: EnvoySnapshot): Promise<string[]>;
  /** Time goes by, and what is then due is written; what is due at one moment before the clock goes on to the next. */
  pass(ms: number): Promise<string[]>;
  /** Another process takes over, which knows nothing; the role has no snapshot yet. */
  restart(): Promise<void>;
  /** Writing this path fails from now on; undefined ends that. */
  break(path: string | undefined): void;
  names(file: string): string[];
  metrics(): Promise<string>;
}

async function inScene(mode: number, test: (scene: Scene) => Promise<void>): Promise<void> {
  await Deno.mkdir(SCRATCH, { recursive: true });
  const parent = await Deno.makeTempDir({ dir: SCRATCH, prefix: "xds_files_" });
  await Deno.chmod(parent, mode);
  const folder = roleFolder(parent, ROLE);
  const clock = new FakeClock();
  const [log, done]: string[][] = [[], []];
  const metrics = await createMetrics();
  let broken: string | undefined;
  const disk: Disk = {
    ...denoDisk,
    async replace(path, bytes, mode) {
      if (path === `${folder}/${broken}`) throw new Error("No space left on device");
      await denoDisk.replace(path, bytes, mode);
      done!.push(path.slice(folder.length + 1));
    },
    async remove(path) {
      await denoDisk.remove(path);
      done!.push(`-${path.slice(folder.length + 1)}`);
    },
  };
  const logger = createLogger({ format: "text", level: "info", clock, write: (line) => log!.push(line) });
  let cache: XdsCache;
  let copy: RoleCopy | undefined;
  const restart = async () => {
    await copy?.stop();
    cache = new XdsCache();
    copy = new RoleCopy({
      role: ROLE,
      folder,
      source: cache.source(ROLE),
      disk,
      limits: LIMITS,
      clock,
      logger,
      metrics,
    });
    await copy.settled();
  };
  const look = () => done!.splice(0);
  try {
    await restart();
    await test({
      ...{ folder, clock, log: log!, restart, done: look, break: (path) => void (broken = path) },
      async set(snapshot) {
        cache.setSnapshot(ROLE, snapshot);
        await copy!.settled();
        return look();
      },
      async pass(ms) {
        // The clock stands still while files are written: writing takes none of its time, however busy the machine is.
        const end = clock.elapsed() + ms;
        do {
          await clock.advance(Math.min(end - clock.elapsed(), clock.untilNext ?? Infinity));
          await copy!.settled();
        } while (clock.elapsed() < end || clock.untilNext === 0);
        return look();
      },
      names: (file) => namesIn(Deno.readFileSync(`${folder}/${file}`)),
      metrics: () => metrics.text(),
    });
  } finally {
    await copy?.stop();
    await Deno.remove(parent, { recursive: true });
  }
}

/** Clusters and listeners have their name in the same field. */
const namesIn = (file: Uint8Array): string[] =>
  readDiscoveryFile(file).map((bytes) => decode("envoy.config.cluster.v3.Cluster", bytes).name!).sort();

const BASE = [cluster("a"), endpoints("a", 1), listener("l", 80)];
const BEFORE = snapshot(...BASE, route("l", host("l/x", "a")));
const AFTER = snapshot(cluster("b"), endpoints("b", 2), listener("l", 80), route("l", host("l/x", "b")));

/** The cluster that the first virtual host of a route file uses. */
function usedBy(folder: string, file: string): unknown {
  const [bytes] = readDiscoveryFile(Deno.readFileSync(`${folder}/${file}`));
  const json = toJson("envoy.config.route.v3.RouteConfiguration", bytes!) as {
    virtualHosts: { routes: { route: { cluster: string } }[] }[];
  };
  return json.virtualHosts[0]!.routes[0]!.route.cluster;
}

Deno.test("first what is referred to is written, then what refers to it; what is dropped goes after a grace", () =>
  inScene(0o700, async ({ set, pass, names, folder }) => {
    assert.deepEqual(await set(BEFORE), ["cds.pb", "rds/l.pb", "lds.pb"]);
    assert.deepEqual(await set(AFTER), ["cds.pb", "rds/l.pb"]);
    assert.deepEqual([names("cds.pb"), usedBy(folder, "rds/l.pb")], [["a", "b"], "b"]);
    assert.deepEqual(await pass(LIMITS.graceMs - 1), []);
    assert.deepEqual(names("cds.pb"), ["a", "b"]);
    assert.deepEqual(await pass(1), ["cds.pb"]);
    assert.deepEqual(names("cds.pb"), ["b"]);
    const without = snapshot(cluster("b"), endpoints("b", 2));
    assert.deepEqual(await set(without), ["lds.pb"]);
    assert.deepEqual(await pass(LIMITS.graceMs), ["-rds/l.pb"]);
  }));

Deno.test("an edit writes the file that it changes, and no other", () =>
  inScene(0o700, async ({ set }) => {
    const routes = Array.from({ length: 10 }, (_, index) => route(`l${index}`, host(`l${index}/x`, "a")));
    const listeners = routes.map(({ name }, index) => listener(name, 80 + index));
    const all = (...more: XdsResource[]) => snapshot(cluster("a"), endpoints("a", 1), ...listeners, ...routes, ...more);
    assert.equal((await set(all())).length, 12);
    assert.deepEqual(await set(all(route("l3", host("l3/x", "a"), host("l3/y", "a")))), ["rds/l3.pb"]);
    assert.deepEqual(await set(all(endpoints("a", 2), route("l3", host("l3/x", "a"), host("l3/y", "a")))), ["cds.pb"]);
  }));

Deno.test("a cluster that takes long to be ready is waited for by the routes that name it, and no longer than the bound", () =>
  inScene(0o700, async ({ set, pass, folder, names }) => {
    await set(BEFORE);
    const slow = cluster("slow", { type: "STRICT_DNS", edsClusterConfig: undefined });
    const to = (name: string) => route("l", host("l/x", name), host("l/y", "a", ["y"], "/other"));
    assert.deepEqual(await set(snapshot(...BASE, slow, to("slow"))), ["cds.pb", "rds/l.pb"]);
    assert.deepEqual([names("cds.pb"), usedBy(folder, "rds/l.pb")], [["a", "slow"], "a"]);
    assert.deepEqual(await pass(LIMITS.clusterWaitMs - 1), []);
    assert.deepEqual(await pass(1), ["rds/l.pb"]);
    assert.equal(usedBy(folder, "rds/l.pb"), "slow");
  }));

Deno.test("a disk that is full: nothing of a later step is written, one line is logged, and it is tried again", () =>
  inScene(0o700, async (scene) => {
    const { set, pass, log, folder, names } = scene;
    await set(BEFORE);
    await pass(LIMITS.graceMs);
    scene.break("cds.pb");
    assert.deepEqual(await set(AFTER), []);
    assert.deepEqual(await pass(LIMITS.clusterWaitMs), [], "tried again, in vain");
    assert.deepEqual(await pass(5_000), [], "and again");
    assert.equal(log.filter((line) => line.includes("No space left")).length, 1);
    // With the change, when its cluster had been waited for, and five seconds after that.
    assert.match(await scene.metrics(), /sluice_static_fallback_failures_total\{role="ns~proxy"\} 3/);
    assert.match(await scene.metrics(), /sluice_static_fallback_current\{role="ns~proxy"\} 0/);
    assert.deepEqual([names("cds.pb"), usedBy(folder, "rds/l.pb")], [["a"], "a"], "the copy is as it was");
    scene.break(undefined);
    assert.deepEqual(await pass(5_000), ["cds.pb", "rds/l.pb"]);
    assert.equal(usedBy(folder, "rds/l.pb"), "b");
    assert.match(await scene.metrics(), /sluice_static_fallback_current\{role="ns~proxy"\} 1/);
    assert.equal(log.filter((line) => line.includes("current again")).length, 1);
  }));

Deno.test("a disk that is full as the routes are written: the next change writes both", () =>
  inScene(0o700, async (scene) => {
    await scene.set(BEFORE);
    scene.break("rds/l.pb");
    assert.deepEqual(await scene.set(AFTER), ["cds.pb"]);
    assert.deepEqual(scene.names("cds.pb"), ["a", "b"]);
    scene.break(undefined);
    assert.deepEqual(await scene.set(snapshot(...BASE, route("l", host("l/x", "a"), host("l/z", "a")))), ["rds/l.pb"]);
    assert.equal(usedBy(scene.folder, "rds/l.pb"), "a");
  }));

Deno.test("another process writes nothing anew; what it does not want stays for a grace, and what is not ours for ever", () =>
  inScene(0o700, async (scene) => {
    const { set, pass, restart, folder, names } = scene;
    await set(BEFORE);
    await restart();
    assert.deepEqual(scene.done(), [], "until the role is known nothing is touched");
    assert.deepEqual(await set(BEFORE), []);
    Deno.writeTextFileSync(`${folder}/rds/README`, "mine");
    Deno.writeTextFileSync(`${folder}/sds/.old.pb.draft`, "broken off");
    await restart();
    const other = snapshot(cluster("b"), endpoints("b", 2), listener("m", 80), route("m", host("m/x", "b")));
    assert.deepEqual(await set(other), ["cds.pb", "rds/m.pb", "lds.pb"]);
    assert.deepEqual(names("cds.pb"), ["a", "b"]);
    assert.deepEqual((await pass(LIMITS.graceMs)).sort(), ["-rds/l.pb", "-sds/.old.pb.draft", "cds.pb"]);
    assert.deepEqual(names("cds.pb"), ["b"]);
    assert.equal(Deno.readTextFileSync(`${folder}/rds/README`), "mine");
  }));

Deno.test("damage is mended by the next process, and a folder that was taken away by the next change", () =>
  inScene(0o700, async ({ set, restart, folder }) => {
    await set(BEFORE);
    Deno.writeTextFileSync(`${folder}/cds.pb`, "\x12\xff");
    Deno.writeTextFileSync(`${folder}/rds/l.pb`, "");
    await restart();
    assert.deepEqual(await set(BEFORE), ["cds.pb", "rds/l.pb"]);
    Deno.removeSync(folder, { recursive: true });
    const more = snapshot(...BASE, route("l", host("l/x", "a"), host("l/y", "a")));
    assert.deepEqual(await set(more), ["cds.pb", "rds/l.pb", "lds.pb"]);
  }));

Deno.test("files are the owner's alone, and the group's where the folder is shut to all others", async () => {
  assert.deepEqual([0o700, 0o755, 0o750, 0o2750, 0o777, 0o710].map(fileMode), [
    0o600,
    0o600,
    0o640,
    0o640,
    0o600,
    0o600,
  ]);
  for (const [mode, expected] of [[0o755, 0o600], [0o750, 0o640]] as const) {
    await inScene(mode, async ({ set, folder, restart }) => {
      await set(BEFORE);
      const modes = (path: string) => (Deno.statSync(`${folder}/${path}`).mode ?? 0) & 0o7777;
      assert.deepEqual(["lds.pb", "rds/l.pb"].map(modes), [expected, expected]);
      assert.deepEqual(["", "rds"].map(modes), [mode, mode]);
      Deno.chmodSync(`${folder}/lds.pb`, 0o644);
      await restart();
      assert.deepEqual(await set(BEFORE), ["lds.pb"]);
      assert.equal(modes("lds.pb"), expected);
    });
  }
});

Deno.test("more routes than may have files: the others are part of their listeners, and who has a file keeps it", () =>
  inScene(0o700, async ({ set, restart, folder }) => {
    const most = MOST_FILES.route;
    const all = (first: number, count: number, clusterName = "a") =>
      snapshot(
        ...[cluster("a"), endpoints("a", 1), cluster("b"), endpoints("b", 2)],
        ...Array.from({ length: count }, (_, index) => listener(`l${first + index}`, 80 + index)),
        ...Array.from({ length: count }, (_, index) => {
          const name = `l${first + index}`;
          return route(name, host(`${name}/x`, clusterName));
        }),
      );
    const files = () => [...Deno.readDirSync(`${folder}/rds`)].length;
    assert.equal((await set(all(0, most + 3))).length, 2 + most);
    assert.equal(files(), most);
    // The routes in files, and the listeners for the three others.
    const edited = await set(all(0, most + 3, "b"));
    assert.deepEqual([edited.length, edited.at(-1)], [most + 1, "lds.pb"]);
    await restart();
    assert.deepEqual(await set(all(0, most + 3, "b")), []);
  }));

Deno.test("a secret in a file is written before the listener that names it; one that nothing names is not written", () =>
  inScene(0o700, async ({ set }) => {
    const tls = { ...listener("l", 80), refs: { routes: ["l"], secrets: ["s"] } };
    const base = [cluster("a"), endpoints("a", 1), route("l", host("l/x", "a"))];
    assert.deepEqual(await set(snapshot(...base, tls, secret("s"), secret("other"))), [
      "sds/s.pb",
      "cds.pb",
      "rds/l.pb",
      "lds.pb",
    ]);
    assert.deepEqual(await set(snapshot(...base, tls, secret("s", "rotated"))), ["sds/s.pb"]);
  }));

Deno.test("a listener whose routes are not there is left out until they are", () =>
  inScene(0o700, async ({ set, names }) => {
    await set(snapshot(...BASE));
    assert.deepEqual(names("lds.pb"), []);
    assert.deepEqual(await set(BEFORE), ["rds/l.pb", "lds.pb"]);
    assert.deepEqual(names("lds.pb"), ["l"]);
  }));

Deno.test("names become file names that lead nowhere else, and no two the same", () =>
  inScene(0o700, async ({ set, folder }) => {
    const names = ["../../x", ".hidden", "a/b", "a%2fb", "é", "l".repeat(400), `${"l".repeat(399)}m`];
    const listeners = names.map((name, index) => listener(name, 80 + index));
    const routes = names.map((name) => route(name, host(`${name}/x`, "a")));
    const made = await set(snapshot(cluster("a"), endpoints("a", 1), ...listeners, ...routes));
    assert.equal(made.length, names.length + 2);
    assert.equal([...Deno.readDirSync(`${folder}/rds`)].length, names.length);
  }));
