import assert from "node:assert/strict";
import type { ServeConfig } from "./config.ts";
import { grantsFor, workerPermissions } from "./permissions.ts";

const config: ServeConfig = {
  roots: [{ path: "/etc/sluice" }],
  namespace: "gloo-system",
  writeNamespace: "gloo-system",
  xdsAddress: "127.0.0.1:9977",
  adminAddress: "[::1]:9091",
  stateDir: "/var/lib/sluice",
  logFormat: "text",
  logLevel: "info",
  insecureXds: false,
  measureStalls: false,
  fixed: [],
};

Deno.test("permissions: folders to read, one to write, two ports, nothing to run", () => {
  const { read, write, net, run, ffi } = workerPermissions(grantsFor(config, (path) => path));
  assert.deepEqual(read, ["/etc/sluice", "/var/lib/sluice"]);
  assert.deepEqual(write, ["/var/lib/sluice"]);
  assert.deepEqual(net, ["127.0.0.1:9977", "[::1]:9091"]);
  assert.deepEqual([run, ffi], [false, false]);
});

Deno.test("permissions: a unix socket is a file that is listened on; TLS files are read one by one", () => {
  const grants = grantsFor({
    ...config,
    xdsAddress: "unix:/run/sluice/xds.sock",
    xdsTls: { cert: "/tls/c.pem", key: "/tls/k.pem", clientCa: "/tls/ca.pem", roles: "/tls/roles.json" },
  }, (path) => path);
  const { read, write, net } = workerPermissions(grants);
  assert.deepEqual(net, ["unix:/run/sluice/xds.sock", "[::1]:9091"]);
  assert.deepEqual(write, ["/var/lib/sluice", "/run/sluice/xds.sock"]);
  for (const file of ["/tls/c.pem", "/tls/k.pem", "/tls/ca.pem", "/tls/roles.json"]) {
    assert.ok((read as string[]).includes(file));
  }
  assert.ok(grants.every((grant) => grant.reason !== ""));
});

Deno.test("permissions: the folder of files for Envoys is read and written, wherever it leads", () => {
  const { read, write } = workerPermissions(
    grantsFor({ ...config, staticFallback: "/srv/envoy" }, (path) => path === "/srv/envoy" ? "/data/envoy" : path),
  );
  assert.deepEqual(read, ["/etc/sluice", "/var/lib/sluice", "/srv/envoy"]);
  assert.deepEqual(write, ["/var/lib/sluice", "/srv/envoy"]);
});

Deno.test("permissions: behind a link, the place that it leads to is read too", () => {
  const { read } = workerPermissions(
    grantsFor(
      { ...config, roots: [{ path: "/srv/current" }] },
      (path) => path === "/srv/current" ? "/srv/releases/5" : path,
    ),
  );
  assert.deepEqual(read, ["/srv/current", "/srv/releases/5", "/var/lib/sluice"]);
});
