/** Planted into a test build of the executable: tries what must be refused, and tells what came of each. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { open as openInspector } from "node:inspector";
import { writeHeapSnapshot } from "node:v8";
import type { Outcomes, Targets } from "../targets.ts";

/**
 * What each attempt does. Those that are allowed show that the attempts themselves work; those that are followed are a
 * limit of Deno, which judges a link by where it is: https://docs.deno.com/runtime/fundamentals/security/
 */
function attempts(t: Targets): Record<string, () => unknown> {
  const outsideUrl = `file://${t.outside}/module.js`;
  return {
    "allowed: read a file of the configuration": () => Deno.readTextFileSync(`${t.config}/vs.yaml`),
    "allowed: read through a link to a file beside it": () => Deno.readTextFileSync(`${t.config}/inside.link`),
    "allowed: write to the state folder": () => Deno.writeTextFileSync(`${t.state}/allowed`, ""),
    "read a file outside": () => Deno.readTextFileSync(`${t.outside}/secret`),
    "read a file outside, by node": () => readFileSync(`${t.outside}/secret`),
    "read a file outside, by dots": () => Deno.readTextFileSync(`${t.config}/../outside/secret`),
    "read a folder outside": () => [...Deno.readDirSync(t.outside)],
    "look whether a file outside is there": () => Deno.statSync(`${t.outside}/secret`),
    "watch a folder outside": () => Deno.watchFs(t.outside).close(),
    "followed: read through a link in the configuration": () => Deno.readTextFileSync(`${t.config}/outside.link`),
    "followed: read below a linked folder in the configuration": () =>
      Deno.readTextFileSync(`${t.config}/folder.link/secret`),
    "followed: read through a link in the state": () => Deno.readTextFileSync(`${t.state}/outside.link`),
    "read through a link beside the certificate": () => Deno.readTextFileSync(`${t.certificates}/outside.link`),
    "read another file beside the certificate": () => Deno.readTextFileSync(`${t.certificates}/other.key`),
    "followed: write through a link in the state": () => Deno.writeTextFileSync(`${t.state}/written.link`, "changed"),
    "write to the configuration": () => Deno.writeTextFileSync(`${t.config}/vs.yaml`, ""),
    "write outside": () => Deno.writeTextFileSync(`${t.outside}/new`, ""),
    "remove a file outside": () => Deno.removeSync(`${t.outside}/secret`),
    "rename a file out of the state": () => Deno.renameSync(`${t.state}/allowed`, `${t.outside}/moved`),
    "link a file outside into the state": () => Deno.symlinkSync(`${t.outside}/secret`, `${t.state}/planted.link`),
    "link a file outside hard": () => Deno.linkSync(`${t.outside}/secret`, `${t.state}/planted.hard`),
    "change the mode of a file outside": () => Deno.chmodSync(`${t.outside}/secret`, 0o777),
    "make a folder for temporary files": () => Deno.makeTempDirSync(),
    "read the process's environment from /proc": () => Deno.readTextFileSync("/proc/self/environ"),
    "read the process's memory": () => Deno.openSync("/proc/self/mem"),
    "read the executable": () => Deno.openSync(Deno.execPath()),
    "read the users of the machine": () => Deno.readTextFileSync("/etc/passwd"),
    "write a heap snapshot": () => writeHeapSnapshot(`${t.outside}/heap`),
    "connect elsewhere": async () => (await Deno.connect({ hostname: "127.0.0.1", port: t.port })).close(),
    "connect elsewhere, by node": () => connected(t.port),
    "connect to a socket elsewhere": async () => (await Deno.connect({ transport: "unix", path: t.socket })).close(),
    "fetch from elsewhere": async () => await (await fetch(`http://127.0.0.1:${t.port}/`)).text(),
    "ask for a name": () => Deno.resolveDns("localhost", "A"),
    "listen elsewhere": () => Deno.listen({ hostname: "127.0.0.1", port: t.freePort }).close(),
    "listen on all addresses": () => Deno.listen({ hostname: "0.0.0.0", port: t.xdsPort }).close(),
    "listen on a socket elsewhere": () => Deno.listen({ transport: "unix", path: `${t.outside}/socket` }).close(),
    "listen for datagrams": () =>
      Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: t.freePort }).close(),
    "open the inspector": () => openInspector(t.freePort, "127.0.0.1"),
    "read an environment variable": () => Deno.env.get("PLANTED_SECRET"),
    "read an environment variable, by node": () => process.env["PLANTED_SECRET"],
    "read the whole environment": () => Deno.env.toObject()["PLANTED_SECRET"],
    "set an environment variable": () => {
      Deno.env.set("PLANTED_SECRET", "changed");
      return Deno.env.get("PLANTED_SECRET");
    },
    "run a program": () => new Deno.Command("/bin/true").outputSync(),
    "run a program, by node": () => spawnSync("/usr/bin/touch", [`${t.outside}/ran`]).status ?? undefined,
    "run envoy": () => new Deno.Command("envoy", { args: ["--version"] }).outputSync(),
    "run the executable again": () => new Deno.Command(Deno.execPath()).outputSync(),
    "send a signal": () => Deno.kill(Deno.ppid, "SIGCONT"),
    "load a library": () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }).close(),
    "import a module outside": () => import(outsideUrl),
    "start a Worker that may do more": () => new Worker(dataUrl(""), { type: "module", ...may({ read: true }) }),
    "start a Worker of a module outside": () => failureOf(new Worker(outsideUrl, { type: "module" })),
    "ask for a permission": () => granted({ name: "read", path: t.outside }),
    "ask for a permission to run": () => granted({ name: "run", command: "envoy" }),
    "ask for the name of the machine": () => Deno.hostname(),
    "ask for its memory": () => Deno.systemMemoryInfo(),
    "go to another folder": () => Deno.chdir(t.outside),
  };
}

const may = (permissions: Deno.PermissionOptionsObject) => ({ deno: { permissions } }) as WorkerOptions;
const dataUrl = (source: string): string => `data:application/javascript,${encodeURIComponent(source)}`;

function granted(descriptor: Deno.PermissionDescriptor): void {
  const { state } = Deno.permissions.requestSync(descriptor);
  if (state !== "granted") throw new Deno.errors.NotCapable(`it is ${state}`);
}

/** A Worker that cannot load its module says so in an event. */
function failureOf(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
  });
}

function connected(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket.destroy() && undefined));
    socket.on("error", reject);
  });
}

/** Where nothing comes out, nothing was reached: the executable ignores such questions in place of refusing them. */
const ANSWERED = /environment|^run a program, by node$/;

/** One after the other: `done`, `refused`, or the error that is neither. */
export async function attemptAll(targets: Targets): Promise<Outcomes> {
  const outcomes: Record<string, string> = {};
  for (const [what, attempt] of Object.entries(attempts(targets))) {
    try {
      const value = await attempt();
      outcomes[what] = value === undefined && ANSWERED.test(what) ? "refused" : "done";
    } catch (error) {
      outcomes[what] = isRefusal(error) ? "refused" : String(error);
    }
  }
  return outcomes;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable ||
    error instanceof Error &&
      ("code" in error && error.code === "EPERM" || /NotCapable|Requires \w+ access/.test(error.message));
}
