/**
 * What Sluice does with its users' mistakes, one step a mistake (docs/mistakes.md): only what is wrong stays behind in
 * its last good form or answers for itself, and bystanders on the same listener notice nothing.
 */
import assert from "node:assert/strict";
import { freePort, send, startBackend, startEnvoy, waitFor } from "./harness.ts";
import { type RunningSluice, startSluice, type StatusEntry } from "./product.ts";
import { answer, gateway, httpGateway, resource, routeTable, to, upstream, virtualService } from "./yaml.ts";

interface Mistake {
  readonly name: string;
  /** Files as they are with the mistake; `target.yaml` is the one that was good before. */
  readonly files: Readonly<Record<string, string>>;
  /** Whose status tells it. */
  readonly culprit: readonly [kind: string, name: string];
  readonly state: "Rejected" | "Warning";
  /** In the path of one of the reasons. */
  readonly path?: string;
  /** In the text of one of the reasons. */
  readonly message: RegExp;
  /** Answers of the virtual host target.test, by path: status and body. */
  readonly answers: Readonly<Record<string, string>>;
}

/** The good form: what is held is told by its answer "good". */
const GOOD_ROUTES = [answer("good", { prefix: "/edited" }), answer("beside", { prefix: "/beside" }), answer("rest")];
const HELD = { "/edited": "200 good", "/beside": "200 beside", "/": "200 rest" };
const CHANGED = { "/edited": "200 good", "/beside": "200 new beside", "/": "200 rest" };

/** The target with one route changed, and a second one edited well at the same time. */
const edited = (route: object): string =>
  virtualService("target", ["target.test"], [route, answer("new beside", { prefix: "/beside" }), answer("rest")]);

const path = { prefix: "/edited" };
const mistaken = (options: object): string => edited(to("backend", path, options));

const onRoute = (name: string, file: string, where: string, message: RegExp): Mistake => ({
  name,
  files: { "target.yaml": file },
  culprit: ["VirtualService", "target"],
  state: "Rejected",
  path: where,
  message,
  answers: CHANGED,
});

const ref = (name: string): object => ({ name, namespace: "gloo-system" });
const action = (routeAction: object): object => ({ matchers: [path], routeAction });
const headers = (manipulation: object): string => mistaken({ headerManipulation: manipulation });

const MISTAKES: readonly Mistake[] = [
  onRoute(
    "an illegal header name",
    headers({ requestHeadersToAdd: [{ header: { key: "bad name", value: "x" } }] }),
    "virtualHost.routes[0].options.headerManipulation",
    /no name of a header/,
  ),
  onRoute(
    "a header secret that is missing",
    headers({ requestHeadersToAdd: [{ headerSecretRef: ref("nowhere") }] }),
    "virtualHost.routes[0].options.headerManipulation",
    /nowhere/,
  ),
  onRoute(
    "/../ in a rewrite",
    mistaken({ prefixRewrite: "/a/../b" }),
    "virtualHost.routes[0].options.prefixRewrite",
    /\.\./,
  ),
  onRoute(
    "a rewrite regex that does not compile",
    mistaken({ regexRewrite: { pattern: { regex: "(" }, substitution: "x" } }),
    "virtualHost.routes[0].options.regexRewrite",
    /\(/,
  ),
  onRoute(
    "a path regex that does not compile",
    edited(answer("bad", { regex: "/edited(" })),
    "virtualHost.routes[0].matchers[0]",
    /regex/,
  ),
  onRoute("no action", edited({ matchers: [path] }), "virtualHost.routes[0]", /action/),
  onRoute(
    "CORS without an origin",
    mistaken({ cors: { allowMethods: ["GET"] } }),
    "virtualHost.routes[0].options.cors",
    /origin/,
  ),
  onRoute("a guard that is not served", mistaken({ jwt: {} }), "virtualHost.routes[0].options.jwt", /not served/),
  onRoute(
    "removal of :authority",
    headers({ requestHeadersToRemove: [":authority"] }),
    "virtualHost.routes[0].options.headerManipulation",
    /:authority/,
  ),
  onRoute(
    "a header regex that does not compile",
    edited(answer("bad", { prefix: "/edited", headers: [{ name: "x", value: "(", regex: true }] })),
    "virtualHost.routes[0].matchers[0]",
    /regex/,
  ),
  onRoute("an empty multi", edited(action({ multi: { destinations: [] } })), "virtualHost.routes[0]", /destination/),
  onRoute(
    "weights that add up to nothing",
    edited(action({ multi: { destinations: [{ destination: { upstream: ref("backend") }, weight: 0 }] } })),
    "virtualHost.routes[0]",
    /weight/,
  ),
  onRoute(
    "an UpstreamGroup that is missing",
    edited(action({ upstreamGroup: ref("nowhere") })),
    "virtualHost.routes[0].routeAction.upstreamGroup",
    /nowhere does not exist/,
  ),
  onRoute(
    "two matchers on a delegating route",
    edited({ matchers: [path, { prefix: "/other" }], delegateAction: { ref: ref("table") } }),
    "virtualHost.routes[0]",
    /matcher/,
  ),
  onRoute(
    "a matcher other than a prefix on a delegating route",
    edited({ matchers: [{ exact: "/edited" }], delegateAction: { ref: ref("table") } }),
    "virtualHost.routes[0]",
    /prefix/,
  ),
  {
    name: "a delegation cycle",
    files: {
      "loop.yaml": routeTable("loop", [{ matchers: [path], delegateAction: { ref: ref("loop") } }]),
      "target.yaml": edited({ matchers: [path], delegateAction: { ref: ref("loop") } }),
    },
    culprit: ["RouteTable", "loop"],
    state: "Rejected",
    message: /circle/,
    answers: CHANGED,
  },
  {
    name: "an unknown field, which holds the whole resource",
    files: { "target.yaml": edited(answer("bad", { prefxi: "/edited" })) },
    culprit: ["VirtualService", "target"],
    state: "Rejected",
    path: "virtualHost.routes[0].matchers[0]",
    message: /prefxi.*did you mean prefix/,
    answers: HELD,
  },
  {
    name: "an unknown enum value, which holds the whole resource",
    files: {
      "target.yaml": edited({ matchers: [path], redirectAction: { pathRedirect: "/", responseCode: "SOMEWHERE" } }),
    },
    culprit: ["VirtualService", "target"],
    state: "Rejected",
    path: "responseCode",
    message: /SOMEWHERE/,
    answers: HELD,
  },
  {
    name: "a file that is no YAML",
    files: { "target.yaml": "a: [" },
    culprit: ["VirtualService", "target"],
    state: "Rejected",
    message: /./,
    answers: HELD,
  },
  {
    name: "a missing upstream",
    files: { "target.yaml": edited(to("nowhere", path)) },
    culprit: ["VirtualService", "target"],
    state: "Warning",
    message: /nowhere/,
    answers: { ...CHANGED, "/edited": "503 " },
  },
  {
    name: "a faulty upstream",
    files: {
      "target.yaml": edited(to("faulty", path)),
      "faulty.yaml": resource("Upstream", "faulty", { static: { hosts: [{ addr: "127.0.0.1" }] } }),
    },
    culprit: ["Upstream", "faulty"],
    state: "Rejected",
    path: "static.hosts[0].port",
    message: /port/,
    answers: { ...CHANGED, "/edited": "503 " },
  },
  {
    name: "a missing table",
    files: { "target.yaml": edited({ matchers: [path], delegateAction: { ref: ref("nowhere") } }) },
    culprit: ["VirtualService", "target"],
    state: "Warning",
    message: /nowhere/,
    answers: { ...CHANGED, "/edited": "200 rest" },
  },
  {
    name: "a domain that is claimed twice: the newcomer loses it, and only it",
    files: {
      "newcomer.yaml": virtualService("a-newcomer", ["target.test", "newcomer.test"], [answer("newcomer")]),
    },
    culprit: ["VirtualService", "a-newcomer"],
    state: "Rejected",
    path: "virtualHost.domains[0]",
    message: /target\.test/,
    answers: HELD,
  },
];

/** Texts of answers that Envoy makes itself are not ours to compare. */
const shown = (status: number, body: string): string => `${status} ${status === 503 ? "" : body}`;

Deno.test("mistakes: each stays with its owner", async (t) => {
  const port = freePort();
  const backend = startBackend("backend");
  const base = {
    "gateway.yaml": httpGateway(port),
    "backend.yaml": upstream("backend", backend.port),
    "table.yaml": routeTable("table", [answer("table", path)]),
    "target.yaml": virtualService("target", ["target.test"], GOOD_ROUTES),
    "bystander.yaml": virtualService("bystander", ["bystander.test"], [to("backend")]),
  };
  const sluice = await startSluice({ files: base });
  const envoy = await startEnvoy({ xds: sluice.xds });
  const ask = async (where: string): Promise<string> => {
    const { status, body } = await send(port, where, { host: "target.test" });
    return shown(status, body);
  };
  const bystander = watchBystander(port);
  try {
    await waitFor("the start", async () => await ask("/") === "200 rest");
    for (const mistake of MISTAKES) {
      await t.step(mistake.name, async () => {
        try {
          await makeMistake(sluice, mistake, ask);
        } finally {
          await restore(sluice, base, mistake, ask);
        }
      });
    }
    assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0, "nothing that Envoy refuses was ever sent");
    assert.deepEqual(bystander.failures, [], "the bystander noticed nothing");
    assert.ok(bystander.count() > 100);
  } finally {
    await bystander.stop();
    await envoy.stop();
    await sluice.stop();
    await backend.stop();
  }
});

async function makeMistake(
  sluice: RunningSluice,
  mistake: Mistake,
  ask: (path: string) => Promise<string>,
): Promise<void> {
  for (const [file, text] of Object.entries(mistake.files)) await sluice.write(file, text);
  const status = await waitFor(
    `${mistake.culprit.join(" ")} to be ${mistake.state}`,
    async () => {
      const found = await sluice.status(...mistake.culprit);
      return found?.state === mistake.state && found;
    },
  );
  assertReason(status, mistake);
  for (const [path, expected] of Object.entries(mistake.answers)) {
    await waitFor(`${path} to answer ${expected}`, async () => {
      const got = await ask(path);
      if (got !== expected) throw new Error(`it answers ${got}`);
      return true;
    });
  }
}

function assertReason(status: StatusEntry, mistake: Mistake): void {
  const reason = status.reasons.find((one) =>
    mistake.message.test(one.message) && one.path.includes(mistake.path ?? "")
  );
  assert.ok(reason, `no reason ${mistake.message} at ${mistake.path}: ${JSON.stringify(status.reasons)}`);
  assert.match(reason.code, /^SLUICE-\d{4}$/);
  assert.ok(reason.location?.line, `the reason has a place: ${JSON.stringify(reason)}`);
}

async function restore(
  sluice: RunningSluice,
  base: Readonly<Record<string, string>>,
  mistake: Mistake,
  ask: (path: string) => Promise<string>,
): Promise<void> {
  for (const file of Object.keys(mistake.files)) {
    if (file in base) await sluice.write(file, base[file]!);
    else await sluice.remove(file);
  }
  await waitFor("every status to be Accepted again", async () => {
    const left = (await sluice.statuses()).filter((one) => one.state !== "Accepted");
    if (left.length > 0) throw new Error(JSON.stringify(left));
    return true;
  });
  for (const [path, expected] of Object.entries(HELD)) {
    await waitFor(`${path} to answer ${expected} again`, async () => await ask(path) === expected);
  }
}

/** Asks the bystander's virtual host all the time. */
function watchBystander(port: number): { failures: string[]; count(): number; stop(): Promise<void> } {
  const failures: string[] = [];
  let count = 0;
  let running = true;
  let started = false;
  const loop = (async () => {
    while (running) {
      try {
        const { status, body } = await send(port, "/", { host: "bystander.test" });
        if (status === 200 && body === "backend") started = true;
        else if (started) failures.push(`${status} ${body}`);
      } catch (error) {
        if (started) failures.push(String(error));
      }
      count++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    failures,
    count: () => count,
    stop: async () => {
      running = false;
      await loop;
    },
  };
}

Deno.test("two gateways on one port: the one that had it keeps it, the newcomer is rejected", async () => {
  const port = freePort();
  const sluice = await startSluice({
    files: {
      "z.yaml": gateway("z-first", { bindAddress: "127.0.0.1", bindPort: port, httpGateway: {} }),
      "vs.yaml": virtualService("vs", ["*"], [answer("here")]),
    },
  });
  const envoy = await startEnvoy({ xds: sluice.xds });
  try {
    await waitFor("the first", async () => (await send(port)).body === "here");
    await sluice.write("a.yaml", gateway("a-newcomer", { bindAddress: "127.0.0.1", bindPort: port, httpGateway: {} }));
    const status = await waitFor("the newcomer's status", async () => {
      const found = await sluice.status("Gateway", "a-newcomer");
      return found?.state === "Rejected" && found;
    });
    assert.match(status.reason, /z-first/);
    assert.equal((await sluice.status("Gateway", "z-first"))?.state, "Accepted");
    assert.equal((await send(port)).body, "here");
    assert.equal(await envoy.stat("listener_manager.listener_modified"), 0);
  } finally {
    await envoy.stop();
    await sluice.stop();
  }
});

Deno.test("options by reference and matchable gateways get a status of their own", async () => {
  const port = freePort();
  const sluice = await startSluice({
    files: {
      "a.yaml": [
        gateway("hybrid", {
          bindAddress: "127.0.0.1",
          bindPort: port,
          hybridGateway: { delegatedHttpGateways: { ref: { name: "part", namespace: "gloo-system" } } },
        }),
        resource("MatchableHttpGateway", "part", { httpGateway: {} }),
        resource("VirtualHostOption", "vho", { options: { cors: {} } }),
        resource("RouteOption", "ro", { options: { prefixRewrite: "/a/../b" } }),
        virtualService("vs", ["*"], [
          { ...answer("fine"), matchers: [{ prefix: "/fine" }] },
          {
            matchers: [{ prefix: "/" }],
            routeAction: { single: { upstream: { name: "u", namespace: "gloo-system" } } },
            optionsConfigRefs: { delegateOptions: [{ name: "ro", namespace: "gloo-system" }] },
          },
        ]),
        upstream("u", freePort()),
      ].join("---\n"),
    },
  });
  try {
    const option = await waitFor("the RouteOption's status", () => sluice.status("RouteOption", "ro"));
    assert.equal(option.state, "Rejected");
    assert.match(option.reason, /prefixRewrite/);
    assert.equal((await sluice.status("MatchableHttpGateway", "part"))?.state, "Accepted");
    assert.equal((await sluice.status("VirtualHostOption", "vho"))?.state, "Accepted", "nobody refers to it");
  } finally {
    await sluice.stop();
  }
});
