/** Options through `sluice serve` and a real Envoy: whose option wins, and what each does to traffic. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, send, startBackend, waitFor } from "./harness.ts";
import { makeFolder } from "./product.ts";
import { ref, startMirror, statusIs, until, withEnvoy } from "./traffic.ts";
import { answer, httpGateway, resource, routeTable, to, upstream, virtualService } from "./yaml.ts";

/** Header changes that put `value` under `key` on the answer, in the place of what is there. */
const told = (key: string, value: string, append = false): object => ({
  headerManipulation: { responseHeadersToAdd: [{ header: { key, value }, append }] },
});
const refs = (...names: string[]): object => ({ optionsConfigRefs: { delegateOptions: names.map(ref) } });

interface Mirrored {
  readonly name: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

Deno.test("options: inline before references, earlier references before later, a table's route before its parent's", async () => {
  const port = freePort();
  const backend = startBackend("backend");
  const option = (kind: string, name: string, options: object): string => resource(kind, name, { options });
  const host = (domain: string, options: object | undefined, ...names: string[]): string =>
    JSON.stringify({
      apiVersion: "gateway.solo.io/v1",
      kind: "VirtualService",
      metadata: { name: domain.replace(".", "-"), namespace: "gloo-system" },
      spec: {
        virtualHost: { domains: [domain], routes: [to("backend")], ...(options && { options }), ...refs(...names) },
      },
    }) + "\n";
  const cors = (origin: string): object => ({ cors: { allowOrigin: [origin] } });
  const table = routeTable("table", [
    to("backend", { prefix: "/parent/own" }, told("x-route", "table")),
    { ...to("backend", { prefix: "/parent/ref" }), ...refs("ro-one") },
    to("backend", { prefix: "/parent/none" }),
  ]);
  const files = {
    "gw.yaml": httpGateway(port),
    "options.yaml": [
      option("VirtualHostOption", "vho-one", { ...told("x-host", "one"), ...cors("https://one.test") }),
      option("VirtualHostOption", "vho-two", { ...told("x-host", "two"), ...cors("https://two.test") }),
      option("RouteOption", "ro-one", told("x-route", "ro-one")),
      option("RouteOption", "ro-two", { ...told("x-route", "ro-two"), ...cors("https://ro.test") }),
    ].join("---\n"),
    "services.yaml": [
      host("inline.test", told("x-host", "inline"), "vho-one", "vho-two"),
      host("first.test", undefined, "vho-two", "vho-one"),
      virtualService("routes", ["routes.test"], [
        { ...to("backend", { prefix: "/inline" }, told("x-route", "inline")), ...refs("ro-one") },
        { ...to("backend", { prefix: "/first" }), ...refs("ro-one", "ro-two") },
        {
          matchers: [{ prefix: "/parent" }],
          delegateAction: { ref: ref("table") },
          options: told("x-route", "parent"),
          ...refs("ro-two"),
        },
      ]),
    ].join("---\n"),
    "table.yaml": table,
    "backend.yaml": upstream("backend", backend.port),
  };
  try {
    await withEnvoy({ files }, async (sluice) => {
      const asked = async (domain: string, where: string, origin: string): Promise<string> => {
        const { headers } = await send(port, where, { host: domain, headers: { origin: `https://${origin}.test` } });
        return [headers["x-host"], headers["x-route"], headers["access-control-allow-origin"]].filter((one) => one)
          .join();
      };
      await until("the start", () => asked("inline.test", "/", "none"), "inline");
      assert.equal(await asked("inline.test", "/", "one"), "inline,https://one.test", "a field that is not inline");
      assert.equal(await asked("inline.test", "/", "two"), "inline");
      assert.equal(await asked("first.test", "/", "two"), "two,https://two.test");
      assert.equal(await asked("routes.test", "/inline", "ro"), "inline");
      assert.equal(await asked("routes.test", "/first", "ro"), "ro-one,https://ro.test");
      assert.equal(await asked("routes.test", "/parent/own", "ro"), "table,https://ro.test");
      assert.equal(await asked("routes.test", "/parent/ref", "ro"), "ro-one,https://ro.test");
      assert.equal(await asked("routes.test", "/parent/none", "ro"), "parent,https://ro.test");

      // One bad field of a VirtualHostOption: those who use it hold what they had, and it alone says so.
      await sluice.write(
        "options.yaml",
        files["options.yaml"].replace('"value":"one"', '"value":"changed"').replace('["https://two.test"]', "[]"),
      );
      const faulty = await statusIs(sluice, "VirtualHostOption", "vho-two", "Rejected");
      assert.match(faulty.reasons[0]!.path, /options\.cors/);
      assert.equal(await asked("first.test", "/", "two"), "two,https://two.test");
      assert.equal((await sluice.status("VirtualHostOption", "vho-one"))?.state, "Accepted");
      await sluice.write("services.yaml", files["services.yaml"].replace("vho-two", "nowhere"));
      assert.match((await statusIs(sluice, "VirtualService", "inline-test", "Warning")).reason, /nowhere/);
    });
  } finally {
    await backend.stop();
  }
});

Deno.test("headers: destination, route, virtual host in this order; x-request-id stays, no x-forwarded-for by default", async () => {
  const [port, specific] = [freePort(), freePort()];
  const mirror = startMirror("mirror");
  const change = (level: string): object => ({
    headerManipulation: {
      requestHeadersToAdd: [
        { header: { key: "x-last", value: level }, append: false },
        { header: { key: "x-all", value: level } },
      ],
      responseHeadersToAdd: [{ header: { key: "x-order", value: level }, append: true }],
      requestHeadersToRemove: ["x-removed"],
    },
  });
  const route = {
    matchers: [{ prefix: "/" }],
    routeAction: {
      multi: {
        destinations: [{ destination: { upstream: ref("mirror") }, weight: 1, options: change("destination") }],
      },
    },
    options: change("route"),
  };
  const service = JSON.parse(virtualService("vs", ["*"], [route]));
  service.spec.virtualHost.options = change("host");
  const files = {
    "a.yaml": [
      httpGateway(port),
      httpGateway(specific, { routeOptions: { mostSpecificHeaderMutationsWins: true } }),
      upstream("mirror", mirror.port),
      JSON.stringify(service) + "\n",
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files }, async () => {
      const asked = async (to: number): Promise<{ mirrored: Mirrored; order: unknown }> => {
        const { body, headers } = await send(to, "/", { headers: { "x-request-id": "mine", "x-removed": "1" } });
        return { mirrored: JSON.parse(body), order: headers["x-order"] };
      };
      await until("the start", async () => (await send(port)).status, 200);
      const { mirrored: { headers }, order } = await asked(port);
      assert.equal(headers["x-last"], "host");
      assert.equal(headers["x-all"]?.replaceAll(" ", ""), "destination,route,host");
      assert.equal(String(order).replaceAll(" ", ""), "destination,route,host");
      assert.equal(headers["x-request-id"], "mine");
      assert.equal(headers["x-forwarded-for"], undefined);
      assert.equal(headers["x-removed"], undefined);
      const { mirrored } = await asked(specific);
      assert.equal(mirrored.headers["x-last"], "route");
    });
  } finally {
    await mirror.stop();
  }
});

/** The status line of an answer to a websocket handshake, and what is echoed to `hello` in a text frame. */
function webSocket(port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = (event) => {
      resolve(String(event.data));
      socket.close();
    };
    socket.onerror = () => resolve("refused");
  });
}

Deno.test("routes: websockets, retries, timeouts, host rewrites, redirects, bodies, upgrades that are switched off", async () => {
  const port = freePort();
  const mirror = startMirror("mirror");
  let tries = 0;
  const ends: (() => void)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.headers.get("upgrade") === "websocket") {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = (event) => socket.send(`echo ${event.data}`);
      return response;
    }
    if (pathname === "/never") await new Promise<void>((resolve) => ends.push(resolve));
    tries++;
    return new Response(String(tries), { status: pathname === "/retried" && tries % 3 !== 0 ? 503 : 200 });
  });
  const retries = { retryOn: "5xx", numRetries: 2 };
  const path = (name: string, options?: object, target = "back"): object => to(target, { prefix: `/${name}` }, options);
  const upgrades = [{ websocket: { enabled: false } }];
  const service = JSON.parse(virtualService("vs", ["*"], [
    path("socket"),
    path("plain", { upgrades, prefixRewrite: "/socket" }),
    path("retried", { retries }),
    path("once", { prefixRewrite: "/retried" }),
    path("never", { timeout: "0.2s" }),
    path("host", { hostRewrite: "other.test", appendXForwardedHost: true }, "mirror"),
    path("auto", { autoHostRewrite: true }, "named"),
    path("header", { hostRewriteHeader: "x-to" }, "mirror"),
    path("from", {
      hostRewritePathRegex: { pattern: { regex: "^/from/([a-z]+).*" }, substitution: "\\1.test" },
      regexRewrite: { pattern: { regex: "^/from/(.*)$" }, substitution: "/\\1" },
    }, "mirror"),
    {
      matchers: [{ prefix: "/moved" }],
      redirectAction: { hostRedirect: "new.test", prefixRewrite: "/here", httpsRedirect: true, stripQuery: true },
    },
    { matchers: [{ prefix: "/teapot" }], directResponseAction: { status: 418, body: "short" } },
  ]));
  service.spec.virtualHost.options = { includeRequestAttemptCount: true, includeAttemptCountInResponse: true };
  const files = {
    "a.yaml": [
      httpGateway(port),
      upstream("back", server.addr.port),
      upstream("mirror", mirror.port),
      resource("Upstream", "named", { static: { hosts: [{ addr: "localhost", port: mirror.port }] } }),
      JSON.stringify(service) + "\n",
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files }, async () => {
      await until("the start", async () => (await send(port, "/teapot")).status, 418);
      assert.equal(await webSocket(port, "/socket"), "echo hello");
      assert.equal(await webSocket(port, "/plain"), "refused");
      tries = 0;
      const retried = await send(port, "/retried");
      assert.deepEqual([retried.status, retried.body], [200, "3"]);
      assert.equal(retried.headers["x-envoy-attempt-count"], "3");
      assert.equal((await send(port, "/once")).status, 503);
      assert.equal((await send(port, "/never")).status, 504);
      const mirrored = async (where: string, headers: Record<string, string> = {}): Promise<Mirrored> =>
        JSON.parse((await send(port, where, { host: "asked.test", headers })).body);
      const rewritten = await mirrored("/host");
      assert.equal(rewritten.headers.host, "other.test");
      assert.equal(rewritten.headers["x-forwarded-host"], "asked.test");
      assert.equal((await mirrored("/auto")).headers.host, "localhost");
      assert.equal((await mirrored("/header", { "x-to": "header.test" })).headers.host, "header.test");
      const from = await mirrored("/from/abc/x?q=1");
      assert.deepEqual([from.headers.host, from.path], ["abc.test", "/abc/x?q=1"]);
      const moved = await send(port, "/moved/x?q=1");
      assert.deepEqual([moved.status, moved.headers.location], [301, "https://new.test/here/x"]);
      assert.equal((await send(port, "/teapot")).body, "short");
    });
  } finally {
    for (const end of ends) end();
    await Promise.all([server.shutdown(), mirror.stop()]);
  }
});

/** The first line of the answer to a request written as it stands. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.on("data", (data) => got += data.toString());
    socket.on("error", () => resolve("closed"));
    socket.on("close", () => resolve(got.split("\r\n")[0] ?? ""));
  });
}

Deno.test("listeners: settings of the connection manager, access logs to a file, options changed live", async () => {
  const [port, other] = [freePort(), freePort()];
  const mirror = startMirror("mirror");
  const folder = await makeFolder();
  const [json, text] = [join(folder, "json.log"), join(folder, "text.log")];
  const gateway = (settings: object, path = json): string =>
    httpGateway(port, {
      httpGateway: { options: { httpConnectionManagerSettings: settings } },
      options: {
        perConnectionBufferLimitBytes: 65536,
        accessLoggingService: {
          accessLog: [
            { fileSink: { path, jsonFormat: { path: "%REQ(:PATH)%", status: "%RESPONSE_CODE%" } } },
            {
              fileSink: { path: text, stringFormat: "%REQ(:PATH)%\n" },
              filter: { statusCodeFilter: { comparison: { op: "GE", value: { defaultValue: 400, runtimeKey: "a" } } } },
            },
          ],
        },
      },
    });
  const settings = {
    serverName: "sluice",
    via: "sluice",
    useRemoteAddress: true,
    stripAnyHostPort: true,
    acceptHttp10: true,
    mergeSlashes: true,
    maxRequestHeadersKb: 8,
    headersWithUnderscoresAction: "REJECT_CLIENT_REQUEST",
  };
  const files = {
    "gw.yaml": gateway(settings),
    "other.yaml": httpGateway(other),
    "vs.yaml": [
      virtualService("vs", ["asked.test"], [
        { matchers: [{ prefix: "/gone" }], directResponseAction: { status: 404 } },
        to("mirror"),
      ]),
      virtualService("rest", ["*"], [answer("rest")]),
      upstream("mirror", mirror.port),
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files }, async (sluice, envoy) => {
      await until("the start", async () => (await send(port, "/", { host: "asked.test" })).status, 200);
      const { headers, body } = await send(port, "/a//b", { host: "asked.test:1234" });
      const mirrored: Mirrored = JSON.parse(body);
      assert.deepEqual([headers.server, headers.via], ["sluice", "sluice"]);
      assert.match(mirrored.headers["x-forwarded-for"] ?? "", /^[0-9.]+$/);
      assert.equal(mirrored.path, "/a/b");
      assert.equal((await send(port, "/", { host: "asked.test", headers: { a_b: "1" } })).status, 400);
      assert.equal((await send(port, "/", { host: "asked.test", headers: { a: "x".repeat(9000) } })).status, 431);
      assert.match(await raw(port, "GET / HTTP/1.0\r\nhost: asked.test\r\n\r\n"), /200/);
      assert.match(await raw(other, "GET / HTTP/1.0\r\nhost: asked.test\r\n\r\n"), /426/);
      // Envoy writes a log once 64 KiB wait for it, or after ten seconds.
      for (let i = 0; i < 20; i++) await send(port, `/${"long".repeat(1250)}`, { host: "asked.test" });
      const logged = async (path: string): Promise<string[]> => (await Deno.readTextFile(path)).trim().split("\n");
      const line = await waitFor(
        "the access log",
        async () => (await logged(json)).find((each) => each.includes("/a/b")),
      );
      assert.deepEqual(JSON.parse(line), { path: "/a/b", status: 200 });
      await sluice.write("gw.yaml", gateway({ ...settings, serverName: "changed" }));
      await until(
        "the new name",
        async () => (await send(port, "/", { host: "asked.test" })).headers.server,
        "changed",
      );
      assert.equal((await send(other)).body, "rest");
      assert.equal(await envoy.stat("listener_manager.listener_create_failure"), 0);
      for (let i = 0; i < 20; i++) await send(port, `/gone/${"long".repeat(1250)}`, { host: "asked.test" });
      const failed = await waitFor("the log of failures", async () => {
        const lines = await logged(text);
        return lines.length > 10 && lines;
      });
      assert.ok(!failed.includes("/a/b"), "the filter keeps what went well out of the log");
    });
  } finally {
    await mirror.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("listeners: a faulty option holds the listener at its last good form, and others go on", async () => {
  const [port, other] = [freePort(), freePort()];
  const gateway = (to: number, settings: object): string =>
    httpGateway(to, { httpGateway: { options: { httpConnectionManagerSettings: settings } } });
  const backend = startBackend("backend");
  const files = {
    "gw.yaml": gateway(port, { serverName: "good" }),
    "other.yaml": gateway(other, { serverName: "good" }),
    "vs.yaml": virtualService("vs", ["*"], [answer("before")]),
  };
  try {
    await withEnvoy({ files }, async (sluice) => {
      const asked = async (to: number): Promise<string> => {
        const { body, headers } = await send(to);
        return `${body} ${headers.server}`;
      };
      await until("the start", () => asked(port), "before good");
      await sluice.write("gw.yaml", gateway(port, { serverName: "bad", maxRequestHeadersKb: 100_000 }));
      const status = await statusIs(sluice, "Gateway", `http-${port}`, "Rejected");
      assert.match(status.reasons[0]!.path, /httpConnectionManagerSettings\.maxRequestHeadersKb/);
      await sluice.write("other.yaml", gateway(other, { serverName: "new" }));
      await sluice.write("vs.yaml", virtualService("vs", ["*"], [answer("after")]));
      await until("the other listener", () => asked(other), "after new");
      await until("routes of the one that is held", () => asked(port), "after good");
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
    });
  } finally {
    await backend.stop();
  }
});
