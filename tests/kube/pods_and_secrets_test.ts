/** Labels of Pods for subsets, and certificates from Secrets, in a cluster. */
import assert from "node:assert/strict";
import { connect } from "node:tls";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort, send, waitFor } from "../envoy/harness.ts";
import { shownTls, until } from "../envoy/traffic.ts";
import { AuditLog } from "./audit.ts";
import { backendOn } from "./backends.ts";
import { makePod, runs } from "./pods.ts";
import { eventsOf, withServed } from "./served.ts";
import { pod, selecting } from "./services.ts";
import { answering, gateway, type Manifest } from "./world.ts";

Deno.test("subsets follow labels of Pods, which are watched from when an Upstream goes by them", async (test) => {
  const audit = await AuditLog.create();
  const backends = [backendOn("10.77.2.1", "one"), backendOn("10.77.2.2", "two")];
  const upstream = (rest: object): Manifest => ({
    apiVersion: "gloo.solo.io/v1",
    kind: "Upstream",
    metadata: { name: "pets" },
    spec: { kube: { serviceName: "pets", serviceNamespace: "shop", servicePort: 80, ...rest } },
  });
  const route = (prefix: string, values?: object): object => ({
    matchers: [{ prefix }],
    routeAction: { single: { upstream: { name: "pets" }, ...(values && { subset: { values } }) } },
  });
  const routes = (...all: object[]): Manifest => ({
    apiVersion: "gateway.solo.io/v1",
    kind: "VirtualService",
    metadata: { name: "pets" },
    spec: { virtualHost: { domains: ["pets.test"], routes: all } },
  });
  const versions = [route("/v1", { version: "v1" }), route("/v2", { version: "v2" })];
  const podOf = (name: string, version: string): Manifest => pod(name, { app: "pets", version });
  try {
    await withServed({
      objects: [selecting("pets"), upstream({}), routes(route("/"))],
      args: audit.args,
    }, async ({ world, sluice, envoy, port, apply, answers }) => {
      for (const [name, address] of [["one", "10.77.2.1"], ["two", "10.77.2.2"]] as const) {
        await makePod(world, podOf(name, name === "one" ? "v1" : "v2"));
        await runs(world, podOf(name, ""), address, true);
      }
      await waitFor("traffic", async () => (await send(port, "/", { host: "pets.test" })).status === 200);
      assert.deepEqual(await audit.ofSluice("pods"), []);

      await test.step("subsets, from when they are wanted", async () => {
        await apply(
          upstream({ subsetSpec: { selectors: [{ keys: ["version"] }], fallbackPolicy: "NO_FALLBACK" } }),
          routes(...versions, route("/")),
        );
        await waitFor("them", async () => await envoy.stat("cluster.pets_gloo-system.lb_subsets_active") > 0);
        await answers("pets.test", "one", "/v1");
        await answers("pets.test", "two", "/v2");
        const began = (await audit.ofSluice("pods")).map(({ verb }) => verb);
        assert.deepEqual(began, ["list", "watch"]);
      });

      await test.step("a label that changes takes its traffic along", async () => {
        const clusters = await envoy.stat("cluster_manager.cluster_modified");
        await apply(podOf("two", "v1"));
        await answers("pets.test", 503, "/v2");
        await answers("pets.test", "two", "/v1");
        await apply(podOf("one", "v2"));
        await answers("pets.test", "one", "/v2");
        assert.equal(await envoy.stat("cluster_manager.cluster_modified"), clusters, "no cluster was touched");
      });

      await test.step("a subset that no Pod is in is told of nobody, and harms no other route", async () => {
        await apply(routes(...versions, route("/v9", { version: "v9" }), route("/")));
        await answers("pets.test", 503, "/v9");
        await answers("pets.test", "one", "/v2");
        assert.equal((await sluice.status("VirtualService", "pets"))?.state, "Accepted");
      });
      assert.equal((await audit.ofSluice("pods")).length, 2, "the same watch, all the time");
    });
  } finally {
    await audit.remove();
    await Promise.all(backends.map((each) => each.stop()));
  }
});

/** A TLS connection that asks again and again. */
async function keptConnection(port: number, name: string, ca: string) {
  const socket = connect({ host: "127.0.0.1", port, servername: name, ca, checkServerIdentity: () => undefined });
  let ended = false;
  let text = "";
  socket.on("close", () => ended = true);
  socket.on("error", () => ended = true);
  socket.on("data", (data) => text += data.toString());
  await new Promise<void>((resolve) => socket.on("secureConnect", () => resolve()));
  return {
    /** Whether one more request on it is answered. */
    async answers(body: string): Promise<boolean> {
      text = "";
      socket.write(`GET / HTTP/1.1\r\nhost: ${name}\r\n\r\n`);
      await waitFor("an answer on the connection of before", () => ended || text.endsWith(body));
      return !ended;
    },
    close: () => socket.destroy(),
  };
}

Deno.test("certificates from Secrets: rotated without a lost connection, whatever else is in the cluster", async (test) => {
  const [authority, port] = [await createAuthority("test ca"), freePort()];
  const secret = (name: string, data: Record<string, string>, type = "kubernetes.io/tls"): Manifest => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "shop" },
    ...{ type, data },
  });
  const certificate = async (name: string, commonName: string): Promise<Manifest> => {
    const { cert, key } = await issueCertificate(authority, { commonName, dnsNames: [`${name}.test`] });
    return secret(name, { "tls.crt": btoa(cert), "tls.key": btoa(key) });
  };
  const secure = (name: string): Manifest => {
    const plain = answering(name, name, `${name}.test`);
    const sslConfig = { secretRef: { name, namespace: "shop" }, sniDomains: [`${name}.test`] };
    return { ...plain, spec: { ...plain.spec as object, sslConfig } };
  };
  const https = gateway(port, "https");
  const objects = [
    { ...https, spec: { ...https.spec as object, ssl: true } },
    await certificate("one", "one first"),
    await certificate("two", "two first"),
    secure("one"),
    secure("two"),
  ];
  await withServed({ objects }, async ({ world, sluice, envoy, apply }) => {
    const shown = (name: string) => shownTls(port, { sni: `${name}.test`, ca: authority.cert });
    const reason = async (name: string) => (await sluice.status("VirtualService", name))?.reason ?? "";
    await until("both", async () => [await shown("one"), await shown("two")], ["one by one first", "two by two first"]);

    await test.step("rotation", async () => {
      const kept = await keptConnection(port, "one.test", authority.cert);
      const listeners = await envoy.stat("listener_manager.listener_modified");
      await apply(await certificate("one", "one second"));
      await until("the new certificate", () => shown("one"), "one by one second");
      assert.ok(await kept.answers("one"));
      kept.close();
      assert.equal(await envoy.stat("listener_manager.listener_modified"), listeners, "no listener was touched");
    });

    await test.step("Secrets of any type and content, and a cluster's other business", async () => {
      const before = sluice.log().split("\n").filter((line) => /"level":"(warn|error)"/.test(line)).length;
      const bytes = btoa(String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)));
      await apply(
        secret("odd", { "tls.crt": bytes, "anything": bytes }, "example.com/odd"),
        secret("opaque", { blob: bytes, empty: "" }, "Opaque"),
        secret("ssh", { "ssh-privatekey": bytes }, "kubernetes.io/ssh-auth"),
        secret("release", { release: bytes }, "helm.sh/release.v1"),
        secret("not-pem", { "tls.crt": bytes, "tls.key": bytes }),
      );
      await apply(await certificate("two", "two second"));
      await until("another change", () => shown("two"), "two by two second");
      const noise = sluice.log().split("\n").filter((line) => /"level":"(warn|error)"/.test(line)).slice(before);
      assert.deepEqual(noise, []);
    });

    await test.step("one that is of no use any more keeps what was shown, until it is mended", async () => {
      const bytes = btoa("no certificate");
      await apply(secret("one", { "tls.crt": bytes, "tls.key": bytes }));
      await waitFor("its word", async () => (await reason("one")).includes("shop/one"));
      assert.equal(await shown("one"), "one by one second");
      await apply(await certificate("one", "one third"));
      await until("the mended one", () => shown("one"), "one by one third");
      assert.equal(await reason("one"), "");
    });

    await test.step("one that is deleted keeps what was shown, costs nobody else anything, and is told by an Event", async () => {
      await world.delete(secret("one", {}));
      await waitFor("its word", async () => (await reason("one")).includes("Secret shop/one does not exist"));
      assert.equal(await shown("one"), "one by one third");
      assert.equal(await shown("two"), "two by two second");
      const events = await waitFor("the Event", async () => {
        const all = await eventsOf(world, "VirtualService", "gloo-system", "one");
        return all.some((text) => text.includes("does not exist")) && all;
      });
      assert.ok(events.every((text) => !text.includes("\n")));
      await apply(await certificate("one", "one fourth"));
      await until("one that is made again", () => shown("one"), "one by one fourth");
    });
    assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
  });
});
