/** Several proxies, the selection of VirtualServices by gateways, and Proxies that a user writes, through real Envoys. */
import assert from "node:assert/strict";
import { freePort, type RunningEnvoy, send, startBackend, startEnvoy } from "./harness.ts";
import { type RunningSluice, startSluice } from "./product.ts";
import { ref, statusIs, until, withEnvoy } from "./traffic.ts";
import { answer, gateway, httpGateway, resource, upstream, virtualService } from "./yaml.ts";

/** A VirtualService with labels, in a namespace. */
const labelled = (name: string, labels: object, namespace = "gloo-system"): string => {
  const value = JSON.parse(virtualService(name, [`${name}.test`], [answer(name)]));
  return JSON.stringify({ ...value, metadata: { name, namespace, labels } }) + "\n";
};

const selecting = (port: number, httpGateway: object, more: object = {}): string =>
  gateway(`selects-${port}`, { bindAddress: "127.0.0.1", bindPort: port, httpGateway, ...more });

/** Which of these hosts are answered by themselves. */
async function served(port: number, names: readonly string[]): Promise<string> {
  const found: string[] = [];
  for (const name of names) {
    const { body } = await send(port, "/", { host: `${name}.test` });
    if (body === name) found.push(name);
  }
  return found.join();
}

Deno.test("gateways select VirtualServices by reference, label, expression and namespace", async () => {
  const ports = Array.from({ length: 7 }, freePort) as [number, number, number, number, number, number, number];
  const [all, byRef, byLabel, byExpression, byNamespace, both, labelsWin] = ports;
  const names = ["red", "blue", "green", "away"];
  const team = (operator: string, ...values: string[]): object => ({
    virtualServiceExpressions: { expressions: [{ key: "color", operator, values }] },
  });
  const files = {
    "gateways.yaml": [
      selecting(all, {}),
      selecting(byRef, { virtualServices: [ref("red"), { name: "away", namespace: "other" }] }),
      selecting(byLabel, { virtualServiceSelector: { color: "blue" } }),
      selecting(byExpression, team("NotIn", "red", "blue")),
      selecting(byNamespace, { virtualServiceNamespaces: ["other"] }),
      selecting(both, { virtualServiceNamespaces: ["*"], virtualServiceSelector: { size: "big" } }),
      selecting(labelsWin, { virtualServices: [ref("green")], virtualServiceSelector: { color: "blue" } }),
    ].join("---\n"),
    "services.yaml": [
      labelled("red", { color: "red", size: "big" }),
      labelled("blue", { color: "blue" }),
      labelled("green", { color: "green" }),
      labelled("away", { color: "white", size: "big" }, "other"),
    ].join("---\n"),
  };
  await withEnvoy({ files }, async (sluice) => {
    const asked = async (): Promise<string[]> => await Promise.all(ports.map((port) => served(port, names)));
    await until("the selections", asked, [
      "red,blue,green,away",
      "red,away",
      "blue",
      "green,away",
      "away",
      "red,away",
      "blue",
    ]);
    await sluice.write("services.yaml", files["services.yaml"].replace('"color":"blue"', '"color":"red"'));
    await until("a changed label: that gateway has nothing left", async () => {
      return await served(byLabel, names).catch(() => "closed");
    }, "closed");
    assert.equal(await served(byExpression, names), "green,away");
    await sluice.write("gateways.yaml", selecting(all, { virtualServices: [ref("nowhere"), ref("red")] }));
    await until("a reference to nothing", () => served(all, names), "red");
    const status = (await sluice.statuses()).find((one) => one.kind === "Gateway");
    assert.match(status?.reason ?? "", /nowhere/);
  });
});

Deno.test("proxyNames: each Envoy gets the gateways of its proxy, a gateway may be in several, and a proxy comes and goes", async () => {
  const [onlyOne, onlyTwo, shared] = [freePort(), freePort(), freePort()];
  const files = {
    "gateways.yaml": [
      httpGateway(onlyOne, { proxyNames: ["one"] }),
      httpGateway(onlyTwo, { proxyNames: ["two"] }),
    ].join("---\n"),
    "vs.yaml": virtualService("vs", ["*"], [answer("here")]),
  };
  const sluice: RunningSluice = await startSluice({ files });
  const envoys: RunningEnvoy[] = [];
  try {
    for (const name of ["one", "two"]) {
      envoys.push(await startEnvoy({ xds: sluice.xds, role: `gloo-system~${name}`, nodeId: name }));
    }
    const listeners = async (): Promise<string[]> => {
      const all = await Promise.all(envoys.map((envoy) => envoy.admin("listeners?format=json"))) as {
        listener_statuses?: { name: string }[];
      }[];
      return all.map(({ listener_statuses: found = [] }) => found.map(({ name }) => name).sort().join());
    };
    const name = (port: number): string => `listener-127.0.0.1-${port}`;
    await until("each its own", listeners, [name(onlyOne), name(onlyTwo)]);
    await sluice.write("shared.yaml", httpGateway(shared, { proxyNames: ["two", "three"] }));
    await until("one of two proxies", listeners, [name(onlyOne), [name(onlyTwo), name(shared)].sort().join()]);
    assert.equal((await send(shared)).body, "here");
    await sluice.write("gateways.yaml", httpGateway(onlyTwo, { proxyNames: ["two"] }));
    await until("a proxy without gateways is emptied", listeners, ["", [name(onlyTwo), name(shared)].sort().join()]);
  } finally {
    for (const envoy of envoys) await envoy.stop();
    await sluice.stop();
  }
});

Deno.test("gateways of other namespaces are served only where Settings say so", async () => {
  const [own, foreign] = [freePort(), freePort()];
  const settings = (readGatewaysFromAllNamespaces: boolean): string =>
    resource("Settings", "default", { gateway: { readGatewaysFromAllNamespaces } });
  const files = {
    "settings.yaml": settings(false),
    "own.yaml": httpGateway(own),
    "foreign.yaml": httpGateway(foreign).replace('"namespace":"gloo-system"', '"namespace":"other"'),
    "vs.yaml": virtualService("vs", ["*"], [answer("here")]),
  };
  await withEnvoy({ files }, async (sluice) => {
    const asked = (port: number) => async (): Promise<string> =>
      (await send(port).catch(() => ({ body: "closed" }))).body;
    await until("the own gateway", asked(own), "here");
    assert.equal(await asked(foreign)(), "closed");
    await sluice.write("settings.yaml", settings(true));
    await until("the other namespace's", asked(foreign), "here");
    assert.equal(await asked(own)(), "here");
  });
});

Deno.test("a Proxy that a user writes drives an Envoy; a bad edit of it holds what is concerned, and its status tells", async () => {
  const [port, tcpPort] = [freePort(), freePort()];
  const backend = startBackend("backend");
  const host = (name: string, routes: object[]): object => ({ name, domains: [`${name}.test`], routes });
  const direct = (body: string): object => ({
    matchers: [{ prefix: "/" }],
    directResponseAction: { status: 200, body },
  });
  const proxy = (virtualHosts: object[]): string =>
    resource("Proxy", "own", {
      listeners: [
        {
          name: "http",
          bindAddress: "127.0.0.1",
          bindPort: port,
          httpListener: { virtualHosts, options: { httpConnectionManagerSettings: { serverName: "own" } } },
        },
        {
          name: "tcp",
          bindAddress: "127.0.0.1",
          bindPort: tcpPort,
          tcpListener: { tcpHosts: [{ name: "t", destination: { single: { upstream: ref("backend") } } }] },
        },
      ],
    });
  const routed = { matchers: [{ prefix: "/" }], routeAction: { single: { upstream: ref("backend") } } };
  const files = {
    "proxy.yaml": proxy([host("one", [direct("one")]), host("two", [routed])]),
    "upstream.yaml": upstream("backend", backend.port),
  };
  try {
    await withEnvoy({ files, envoy: { role: "gloo-system~own" } }, async (sluice) => {
      const asked = async (name: string, to = port): Promise<string> => {
        const { body, headers } = await send(to, "/", { host: `${name}.test` });
        return [body, headers.server].join(" ").trim();
      };
      await until("the first host", () => asked("one"), "one own");
      assert.equal(await asked("two"), "backend own");
      assert.equal(await asked("any", tcpPort), "backend");
      await statusIs(sluice, "Proxy", "own", "Accepted");
      const bad = { matchers: [{ regex: "(" }], directResponseAction: { status: 200, body: "bad" } };
      await sluice.write("proxy.yaml", proxy([host("one", [bad]), host("two", [direct("changed")])]));
      const status = await statusIs(sluice, "Proxy", "own", "Rejected");
      assert.match(status.reasons[0]!.path, /^listeners\[0\]\.httpListener\.virtualHosts\[0\]\.routes\[0\]/);
      await until("the good host to go on", () => asked("two"), "changed own");
      assert.equal(await asked("one"), "one own", "the faulty host keeps its last good form");
      await sluice.write("proxy.yaml", proxy([host("one", [direct("mended")])]));
      await until("the mended host", () => asked("one"), "mended own");
      await statusIs(sluice, "Proxy", "own", "Accepted");
      assert.equal((await send(port, "/", { host: "two.test" })).status, 404);
    });
  } finally {
    await backend.stop();
  }
});
