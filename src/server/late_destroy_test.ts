import assert from "node:assert/strict";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { destroyLate } from "./late_destroy.ts";

Deno.test("grpc-js has its HTTP/2 servers where they are looked for", async () => {
  const server = new Server();
  assert.equal(destroyLate(server), false, "not bound yet");
  await new Promise<void>((resolve, reject) => {
    const credentials = ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (error) => error === null ? resolve() : reject(error));
  });
  assert.equal(destroyLate(server), true);
  server.forceShutdown();
});

Deno.test("a session is destroyed when what goes on now is over, with the reason that was given", async () => {
  const opened: ((session: { destroy(...why: unknown[]): void }) => void)[] = [];
  const http2Server = { on: (_: "session", listener: typeof opened[0]) => opened.push(listener) };
  destroyLate({ http2Servers: new Map([[http2Server, undefined]]) } as unknown as Server);
  const reasons: unknown[] = [];
  const session = { destroy: (...why: unknown[]) => void reasons.push(why) };
  opened[0]!(session);
  session.destroy("because", 2);
  assert.deepEqual(reasons, []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(reasons, [["because", 2]]);
});
