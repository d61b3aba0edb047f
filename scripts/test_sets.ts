/** The runs that make up the tests, each with the permissions that it needs and no more. */

import { resolve } from "node:path";

/** A folder for all that tests write; emptied before a run. */
export const SCRATCH = ".cache/test";

/** Deno wants absolute paths of unix sockets among the network permissions. */
export const TEST_SOCKET = resolve(SCRATCH, "xds.sock");

const LOOPBACK = "127.0.0.1,[::1],localhost";

export interface TestSet {
  readonly name: string;
  /** Arguments of `deno test`. */
  readonly args: readonly string[];
  /** It has a network of its own (`unshare`), with 10.77/16 and 10.0.0/24 on its loopback: EndpointSlices refuse 127/8, and Services are in the latter. */
  readonly isolated?: boolean;
  /** A task that fetches or builds what this set alone needs. */
  readonly before?: string;
}

export const TEST_SETS: readonly TestSet[] = [
  { name: "golden", args: ["--allow-read=.", "tests/golden"] },
  {
    name: "unit",
    args: [
      "--doc",
      "--allow-read=.",
      `--allow-write=${SCRATCH}`,
      `--allow-net=${LOOPBACK},unix:${TEST_SOCKET}`,
      "--allow-env",
      // Tests of links make them by `ln`: Deno.symlink wants unscoped read and write.
      "--allow-run=ln",
      "src",
      "scripts",
      "tests/feature",
      "tests/incremental",
      "tests/protocol",
    ],
  },
  {
    name: "cli",
    // Sluice runs beside with the permissions of the executable; the programs are that, Envoy, and a shell for pipes.
    args: [
      "--allow-read",
      "--allow-write",
      "--allow-net=127.0.0.1",
      "--allow-env",
      "--allow-run",
      "tests/cli",
    ],
  },
  {
    name: "envoy",
    // Symlinks want unscoped read and write; the programs are Envoy, openssl for certificates, Go and the clients in it, and
    // Sluice itself; the xDS client of grpc-js-xds asks who it is before it opens its own files.
    args: [
      "--allow-read",
      "--allow-write",
      `--allow-net=${LOOPBACK}`,
      "--allow-env",
      "--allow-sys=uid,gid",
      "--allow-run",
      "tests/envoy",
      "tests/clients",
      "tests/hitless",
    ],
  },
  {
    name: "executable",
    before: "executables",
    // The ports of the demo are what they are.
    isolated: true,
    // The programs are the executable itself, Envoy, and parts that are started for themselves.
    args: [
      "--allow-read",
      "--allow-write",
      // Deno wants the whole path of each unix socket, and these are in folders that tests make.
      "--allow-net",
      "--allow-env",
      "--allow-sys=uid",
      "--allow-run",
      "tests/executable",
    ],
  },
  {
    name: "pod",
    before: "executables",
    isolated: true,
    // The programs are unshare, with which containers are made of the executable and of Envoy, and what makes their roots.
    args: [
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-env",
      "--allow-run",
      "--allow-sys=uid,gid",
      "tests/pod",
    ],
  },
  {
    name: "systemd",
    before: "executables",
    // The programs are the executable, Debian's tools, python3 to hold a thread, and a systemd in namespaces of its own.
    args: [
      // It reads of other processes in /proc, which Deno gives to those alone that may do all.
      "--unstable-net",
      "--allow-all",
      "tests/systemd",
    ],
  },
  {
    name: "kube",
    before: "tools:kubernetes",
    isolated: true,
    // The programs are the Kubernetes API server, Envoy, and Sluice itself.
    args: [
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-env",
      "--allow-sys=uid,gid,osRelease,hostname",
      "--allow-run",
      "tests/kube",
    ],
  },
  {
    name: "fuzz",
    // Sluice runs beside, and writes into a temporary folder; inputs that find something are kept.
    args: ["--allow-read", "--allow-write", `--allow-net=${LOOPBACK}`, "--allow-env", "--allow-run", "tests/fuzz"],
  },
];
