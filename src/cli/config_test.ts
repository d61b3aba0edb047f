import assert from "node:assert/strict";
import { type Command, readArguments, UsageError } from "./command.ts";
import { resolveConfig, SERVE_FLAGS, type ServeConfig, withSettings } from "./config.ts";

const command: Command = {
  name: "serve",
  usage: "",
  summary: "",
  most: Infinity,
  examples: [],
  flags: SERVE_FLAGS,
  run: () => Promise.resolve(0),
};
const noEnv = (): undefined => undefined;
const resolved = (words: string[], env: (name: string) => string | undefined = noEnv): ServeConfig =>
  resolveConfig(readArguments(command, words), env);

Deno.test("serve flags: defaults bind loopback, folders keep their order", () => {
  const config = resolved(["--config", "b", "-c", "a"]);
  assert.deepEqual(config.roots, [{ path: "b" }, { path: "a" }]);
  assert.equal(config.xdsAddress, "127.0.0.1:9977");
  assert.equal(config.adminAddress, "127.0.0.1:9091");
  assert.equal(config.namespace, "gloo-system");
});

Deno.test("serve flags: the environment gives namespace and state folder, a flag beats it", () => {
  const env = (name: string): string | undefined => ({ POD_NAMESPACE: "edge", STATE_DIRECTORY: "/var/lib/x" })[name];
  assert.equal(resolved(["-c", "a"], env).namespace, "edge");
  assert.equal(resolved(["-c", "a"], env).stateDir, "/var/lib/x");
  assert.equal(resolved(["-c", "a", "-n", "own", "--state-dir", "s"], env).namespace, "own");
  assert.equal(resolved(["-c", "a", "-n", "own", "--state-dir", "s"], env).stateDir, "s");
});

Deno.test("serve flags: a socket gets its whole path, as permissions are by whole paths", () => {
  assert.match(resolved(["-c", "a", "--xds-address", "unix:xds.sock"]).xdsAddress, /^unix:\/.+\/xds\.sock$/);
});

Deno.test("serve flags: what cannot work is refused with what would be right", () => {
  const refused: [string[], RegExp][] = [
    [[], /--config DIR/],
    [["-c", "a", "--xds-address", "nowhere"], /HOST:PORT or unix:PATH/],
    [["-c", "a", "--log-level", "loud"], /debug or info or warn or error/],
    [["-c", "a", "--xds-address", "0.0.0.0:9977"], /--xds-roles, or --kube-certificates, or say --insecure-xds/],
    [["-c", "a", "--xds-tls-cert", "c"], /--xds-roles together/],
    [["-c", "a", "--xds-tls-cert", "c", "--xds-tls-key", "k", "--xds-client-ca", "ca"], /together/],
    [["-c", "a", "--kube-certificates"], /give --kubernetes too/],
    [["-c", "a", "--webhook-address", "127.0.0.1:8443"], /the webhook needs a certificate/],
    [["-c", "a", "--webhook-address", "unix:w", "--webhook-tls-cert", "c", "--webhook-tls-key", "k"], /HOST:PORT/],
    [["-c", "a", "--webhook-tls-cert", "c"], /--webhook-tls-key together/],
    [["-c", "a", "--webhook-tls-cert", "c", "--webhook-tls-key", "k"], /--webhook-address, which is missing/],
    [["-c", "a", "--peer", "other:9977"], /it needs --kube-certificates, or TLS for xDS/],
    [["-c", "a", "--peer", "other"], /--peer other: it should be HOST:PORT/],
    [["-c", "a", "--colour"], /--colour/],
  ];
  for (const [words, message] of refused) {
    assert.throws(() => resolved(words), (error: Error) => error instanceof UsageError && message.test(error.message));
  }
  assert.equal(resolved(["-c", "a", "--xds-address", "0.0.0.0:9977", "--insecure-xds"]).xdsAddress, "0.0.0.0:9977");
});

Deno.test("serve flags: with the cluster's own certificates the other replicas are found by the Service", () => {
  const cluster = { server: "https://10.0.0.1:443", identity: "a" };
  const inCluster = (...words: string[]) => resolveConfig(readArguments(command, words), noEnv, undefined, cluster);
  assert.equal(inCluster("--kube-certificates", "-n", "own").peer, "sluice.own.svc:9977");
  assert.equal(inCluster("--kube-certificates", "--peer", "a:1").peer, "a:1");
  assert.equal(inCluster().peer, undefined);
  assert.equal(inCluster("--kube-certificates", "--xds-address", "0.0.0.0:9977").xdsAddress, "0.0.0.0:9977");
});

Deno.test("Settings name the folders in Gloo's mode, and never beat a flag", () => {
  const settings = {
    gloo: { xdsBindAddr: "127.0.0.1:1234" },
    directoryConfigSource: { directory: "/data/config" },
    directorySecretSource: { directory: "/data/secret" },
    secretOptions: { sources: [{ directory: { directory: "/data/more" } }] },
    directoryArtifactSource: { directory: "/data/config/" },
  };
  const config = withSettings(resolved(["--dir", "/data"]), settings);
  assert.equal(config.xdsAddress, "127.0.0.1:1234");
  assert.deepEqual(config.roots.map(({ path, kind }) => [path, kind]), [
    ["/data/config", undefined],
    ["/data/secret", undefined],
    ["/data/more", "Secret"],
  ]);
  assert.deepEqual(withSettings(config, {}).roots, [], "folders that Settings no longer name are gone");
  const flagged = withSettings(resolved(["--dir", "/data", "--xds-address", "127.0.0.1:1"]), settings);
  assert.equal(flagged.xdsAddress, "127.0.0.1:1");
});
