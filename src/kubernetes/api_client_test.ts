import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { silentLogger, systemClock } from "../telemetry/mod.ts";
import type { Credentials } from "./credentials.ts";
import { LeaderElection } from "./lease.ts";
import { serviceAccount } from "./service_account.ts";
import { testServer, watchAnswer } from "./test_server.ts";

const SCRATCH = fileURLToPath(new URL("../../.cache/test", import.meta.url));

Deno.test("many requests that are refused together have new credentials made once", async () => {
  let made = 0;
  const tokens: string[] = [];
  await using server = await testServer(
    (request) => {
      const token = request.headers.get("authorization")!;
      tokens.push(token);
      return token === "Bearer 0" ? new Response("no", { status: 401 }) : Response.json({});
    },
    (url) => {
      let known: Credentials | undefined;
      return {
        current: () => Promise.resolve(known ??= { server: url, headers: { authorization: `Bearer ${made++}` } }),
        renew: (refused) => void (known === refused && (known = undefined)),
      };
    },
  );
  const ask = () => Promise.allSettled(Array.from({ length: 20 }, () => server.api.request("GET", "/")));
  const refused = await ask();
  deepEqual(refused.filter(({ status }) => status === "rejected").length, 20);
  await ask();
  deepEqual([made, tokens.filter((token) => token === "Bearer 1").length], [2, 20]);
});

Deno.test("a program for tokens that never ends holds nothing up for longer than an answer may take", async () => {
  const current = () => new Promise<Credentials>(() => {});
  await using server = await testServer(() => Response.json({}), () => ({ current, renew() {} }));
  await rejects(server.api.request("GET", "/", { answerMs: 1 }), /late/);
  const ended = new AbortController();
  const [request, watch] = [
    server.api.request("GET", "/", { signal: ended.signal }),
    server.api.watch("/", { signal: ended.signal }),
  ];
  ended.abort(new Error("ended"));
  await rejects(request, /ended/);
  await rejects(watch, /ended/);
  const waiting = server.api.request("GET", "/");
  server.api.close();
  await rejects(waiting, /closed/);
});

Deno.test("an API server that is away is told of in the same words each time", async () => {
  const server = await testServer(() => Response.json({}));
  await using ended = await testServer(() => Response.json({}), () => ({
    current: () => Promise.resolve({ server: server.url, headers: {} }),
    renew() {},
  }));
  await server[Symbol.asyncDispose]();
  for (const path of ["/a", "/b?resourceVersion=1"]) {
    await rejects(ended.api.request("GET", path), /^Error: the API server cannot be reached: [^/]*refused[^/]*$/);
  }
});

Deno.test("of a client that is closed no request and no watch is left", async () => {
  await using server = await testServer((_, url) => {
    if (url.searchParams.has("watch")) return watchAnswer().response;
    return new Promise<Response>(() => {});
  });
  const hanging = rejects(server.api.request("GET", "/"), /closed/);
  const stream = await server.api.watch("/", { signal: new AbortController().signal });
  const reading = rejects(stream.next(), /closed/);
  server.api.close();
  await Promise.all([hanging, reading]);
  stream.close();
  await rejects(server.api.watch("/", { signal: new AbortController().signal }), /closed/);
});

Deno.test("a candidate for a Lease ends soon where the API server answers nothing", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await testServer(() => {
    asked.resolve();
    return new Promise<Response>(() => {});
  });
  const ended = new AbortController();
  const running = new LeaderElection({
    ...{ api: server.api, namespace: "ns", name: "sluice", identity: "a", clock: systemClock, logger: silentLogger },
    onChange() {},
  }).run(ended.signal);
  await asked.promise;
  ended.abort();
  await running;
});

Deno.test("a pod's folder that cannot be read for a moment leaves the token that there is, and one that is refused goes", async () => {
  await Deno.mkdir(SCRATCH, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: SCRATCH, prefix: "kubernetes_" });
  const clock = new FakeClock();
  const write = async (token: string) => {
    await Deno.writeTextFile(`${folder}/token`, `${token}\n`);
    await Deno.writeTextFile(`${folder}/ca.crt`, "ca");
  };
  const source = serviceAccount("https://x", folder, clock);
  const token = async () => (await source.current()).headers.authorization;
  try {
    await rejects(token());
    await write("one");
    deepEqual(await token(), "Bearer one");
    await Deno.remove(`${folder}/token`);
    await clock.advance(10_000);
    deepEqual(await token(), "Bearer one");
    await write("two");
    deepEqual(await token(), "Bearer one");
    const refused = await source.current();
    source.renew(refused);
    deepEqual(await token(), "Bearer two");
    source.renew(refused);
    await write("three");
    deepEqual(await token(), "Bearer two", "these were not refused");
    await clock.advance(10_000);
    deepEqual(await token(), "Bearer three");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
