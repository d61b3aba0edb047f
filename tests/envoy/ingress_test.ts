/**
 * Ingresses through a real Envoy: which path and host takes a request, with answers in the place of back ends; then the
 * product on files, with TLS and over delta xDS.
 */
import assert from "node:assert/strict";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import type { Kind, ProxyListener, ProxyRoute, Resource, Spec } from "../../src/api/mod.ts";
import { staticBootstrap } from "../../src/cli/static_bootstrap.ts";
import { fromNothing } from "../../src/incremental/mod.ts";
import { PATH_EXAMPLES, randomPath, randomPaths, takenBy } from "../../src/ingress/test_path_table.ts";
import { translateIngresses } from "../../src/ingress/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import { ApiSnapshot } from "../../src/snapshot/mod.ts";
import { EMPTY_MEMORY, translate } from "../../src/syncer/mod.ts";
import { finish } from "../incremental/twin.ts";
import { Random } from "../incremental/random.ts";
import { freePort, send, startEnvoy } from "./harness.ts";
import { sendTls, statusIs, until, withEnvoy } from "./traffic.ts";
import { resource } from "./yaml.ts";

const NAMESPACE = "gloo-system";
const named = (name: string) => ({ namespace: NAMESPACE, name });

/** Paths of a host, `=/a` of type Exact; an answer tells the path that was taken. */
type Rules = readonly { readonly host?: string; readonly paths: readonly string[] }[];

/** Runs `check` with an Envoy that has these rules, and a default backend that answers `default`. */
async function withRules(rules: Rules, check: (port: number) => Promise<void>): Promise<void> {
  const port = freePort();
  const { snapshot } = finish(translate({
    snapshot: snapshotOf([proxyOf(rules, port)]),
    settings: {},
    writeNamespace: NAMESPACE,
    plugins,
    memory: EMPTY_MEMORY,
    now: 0,
  })).proxies[0]!;
  const { bootstrap } = staticBootstrap(snapshot, { keyFolder: "/none" });
  const envoy = await startEnvoy({ bootstrap });
  try {
    await check(port);
  } finally {
    await envoy.stop();
  }
}

/** The Proxy that Ingresses of these rules become, with answers in the place of back ends. */
function proxyOf(rules: Rules, httpPort: number): Resource<"Proxy"> {
  // A backend is told by its port, which is its number here.
  const texts: string[] = [];
  const backend = (text: string) => ({ service: { name: "web", port: { number: texts.push(text) } } });
  const ingress = (name: string, spec: Spec<"Ingress">): Resource<"Ingress"> => {
    return { kind: "Ingress", metadata: named(name), spec: { ingressClassName: "sluice", ...spec } };
  };
  const made = rules.map(({ host, paths }) => ({
    ...(host === undefined ? {} : { host }),
    http: {
      paths: paths.map((text) => {
        const pathType = text.startsWith("=") ? "Exact" : "Prefix";
        return { path: text.replace(/^=/, ""), pathType, backend: backend(text) };
      }),
    },
  }));
  const ingresses = [ingress("rules", { rules: made }), ingress("default", { defaultBackend: backend("default") })];
  const ports = texts.map((_, i) => ({ port: i + 1 }));
  const service: Resource<"Service"> = { kind: "Service", metadata: named("web"), spec: { ports } };
  const { proxies: [proxy], reports } = finish(translateIngresses({
    revision: fromNothing(snapshotOf([service, ...ingresses])),
    settings: { sluice: { ingress: { httpPort } } },
    writeNamespace: NAMESPACE,
    claims: new Map(),
  }));
  assert.deepEqual(reports, []);
  const listeners = proxy!.spec.listeners!.map((listener) => answering(listener, texts));
  return { kind: "Proxy", metadata: named("by-hand"), spec: { listeners } };
}

/** The listener on the loopback, with the text of each back end as its answer. */
function answering({ httpListener, ...listener }: ProxyListener, texts: readonly string[]): ProxyListener {
  const answer = ({ routeAction, ...route }: ProxyRoute): ProxyRoute => {
    const body = texts[routeAction!.single!.kube!.port! - 1]!;
    return { ...route, directResponseAction: { status: 200, body } };
  };
  const virtualHosts = httpListener!.virtualHosts!.map((host) => ({ ...host, routes: host.routes!.map(answer) }));
  return { ...listener, bindAddress: "127.0.0.1", httpListener: { ...httpListener, virtualHosts } };
}

function snapshotOf(resources: readonly Resource[]): ApiSnapshot {
  const changes = new Map<Kind, Map<string, Resource>>();
  for (const one of resources) {
    const { namespace, name } = one.metadata;
    changes.set(one.kind, new Map([...changes.get(one.kind) ?? [], [`${namespace}/${name}`, one]]));
  }
  return new ApiSnapshot(0, {}).with(changes);
}

Deno.test("path types: Kubernetes' examples, each on a host of its own, and random ones as a reading by elements has it", async () => {
  const random = new Random(7);
  const below = (limit: number) => random.below(limit);
  const sets = Array.from({ length: 30 }, () => randomPaths(below, 5));
  const examples = PATH_EXAMPLES.map(({ paths }, i) => ({ host: `example-${i}.test`, paths }));
  const others = sets.map((paths, i) => ({ host: `random-${i}.test`, paths }));
  await withRules([...examples, ...others], async (port) => {
    for (const [i, { paths, request, taken }] of PATH_EXAMPLES.entries()) {
      const { body } = await send(port, request, { host: `example-${i}.test` });
      assert.equal(body, taken ?? "default", `${paths}: ${request}`);
    }
    for (const [i, paths] of sets.entries()) {
      for (let j = 0; j < 20; j++) {
        const request = randomPath(below);
        const { body } = await send(port, `${request}${j % 2 ? "?a=/b" : ""}`, { host: `random-${i}.test` });
        assert.equal(body, takenBy(paths, request) ?? "default", `${paths}: ${request}`);
      }
    }
  });
});

Deno.test("hosts: exact before wildcard, a wildcard for one label, whatever case and port, and rules for all hosts", async () => {
  const rules = [
    { host: "*.test", paths: ["/wild"] },
    { host: "a.test", paths: ["/a"] },
    { host: "*.b.test", paths: ["/", "=/b"] },
    { paths: ["/all"] },
  ];
  await withRules(rules, async (port) => {
    const cases: [host: string, path: string, answer: string][] = [
      ["a.test", "/a", "/a"],
      ["A.Test:8080", "/a/b", "/a"],
      ["a.test", "/wild", "default"],
      ["x.test", "/wild", "/wild"],
      ["X.TEST:80", "/wild", "/wild"],
      ["x.y.test", "/wild", "default"],
      ["test", "/wild", "default"],
      ["x.b.test", "/anything", "/"],
      ["x.b.test:1", "/b", "=/b"],
      ["x.y.b.test", "/b", "default"],
      ["b.test", "/wild", "/wild"],
      ["elsewhere", "/all/of/it", "/all"],
      ["10.0.0.1:8080", "/all", "/all"],
      ["elsewhere", "/some", "default"],
      ["a.test", "/all", "default"],
    ];
    for (const [host, path, answer] of cases) {
      assert.equal((await send(port, path, { host })).body, answer, `${host} ${path}`);
    }
  });
});

const manifest = (apiVersion: string, kind: string, name: string, rest: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: named(name), ...rest }) + "\n";

Deno.test("TLS on files over delta xDS: redirected, shown by name, rotated; a missing Secret is told and costs nobody else", async () => {
  const authority = await createAuthority("test ca");
  const [httpPort, httpsPort] = [freePort(), freePort()];
  const secret = async (name: string, commonName = `${name}.test`): Promise<string> => {
    const { cert, key } = await issueCertificate(authority, { commonName, dnsNames: [`${name}.test`] });
    // Issuers leave their ca.crt there; clients are asked for no certificate because of it.
    const data = { "tls.crt": btoa(cert), "tls.key": btoa(key), "ca.crt": btoa(authority.cert) };
    return manifest("v1", "Secret", name, { type: "kubernetes.io/tls", data });
  };
  const ingress = (name: string): string => {
    const backend = { service: { name: "absent", port: { number: 80 } } };
    const rules = [{ host: `${name}.test`, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
    const tls = [{ hosts: [`${name}.test`], secretName: name }];
    return manifest("networking.k8s.io/v1", "Ingress", name, { spec: { ingressClassName: "sluice", rules, tls } });
  };
  const files = {
    "settings.yaml": resource("Settings", "default", { sluice: { ingress: { httpPort, httpsPort } } }),
    "ingresses.yaml": [ingress("one"), ingress("two"), ingress("three")].join("---\n"),
    "one.yaml": await secret("one"),
    "two.yaml": await secret("two"),
  };
  await withEnvoy({ files, envoy: { role: `${NAMESPACE}~ingress-proxy`, delta: true } }, async (sluice) => {
    const shown = async (name: string): Promise<string> => {
      const wish = { sni: `${name}.test`, host: `${name}.test:${httpsPort}`, ca: authority.cert };
      return await sendTls(httpsPort, wish).then(
        ({ status, commonName }) => `${status} ${commonName}`,
        () => "refused",
      );
    };
    await until("both certificates", async () => [await shown("one"), await shown("two"), await shown("three")], [
      "503 one.test",
      "503 two.test",
      "refused",
    ]);
    const { status, headers } = await send(httpPort, "/a?b", { host: "one.test" });
    assert.deepEqual([status, headers.location], [308, "https://one.test/a?b"]);
    const { reasons } = await statusIs(sluice, "Ingress", "three", "Rejected");
    assert.deepEqual(reasons.filter(({ code }) => code === "SLUICE-1314").map(({ message }) => message), [
      "Secret gloo-system/three does not exist",
    ]);
    await sluice.write("one.yaml", await secret("one", "one again"));
    await until("the new certificate", () => shown("one"), "503 one again");
    await sluice.write("three.yaml", await secret("three"));
    await until("the Secret that was missing", () => shown("three"), "503 three.test");
    assert.equal(await shown("two"), "503 two.test");
  });
});
