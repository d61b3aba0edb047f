import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { listening } from "./listening.ts";

const where = (address: string) => ({ what: "the xDS server", flag: "--xds-address", address });

const bound = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(port, "127.0.0.1", () => resolve(server));
  });

Deno.test("a port that is taken is told in words, whoever tried to listen", async () => {
  const first = await bound(0);
  const { port } = first.address() as { port: number };
  const taken = new RegExp(`^the xDS server cannot listen on X: something else listens there; --xds-address chooses`);
  const told = (error: Error): boolean => taken.test(error.message);
  try {
    await assert.rejects(listening(where("X"), () => bound(port)), told);
    await assert.rejects(
      listening(where("X"), () => Deno.serve({ hostname: "127.0.0.1", port }, () => new Response())),
      told,
    );
  } finally {
    first.close();
  }
});

Deno.test("what has nothing to do with the address keeps its own words", async () => {
  const start = () => Promise.reject(new Error("ENOENT: no such file, open 'tls.crt'"));
  await assert.rejects(
    listening(where("X"), start),
    /the xDS server cannot start: ENOENT: no such file, open 'tls\.crt'/,
  );
  assert.equal(await listening(where("X"), () => 7), 7);
});
