import assert from "node:assert/strict";
import { parseAddress } from "../address/mod.ts";
import { type AdminSources, startAdminServer } from "./admin.ts";

const sources = { metrics: () => Promise.resolve("x".repeat(50_000_000)) } as AdminSources;

const UNREAD = "a client that does not read its answer does not keep the admin server from ending";

// The answer that nobody reads is still there when the test ends.
Deno.test(UNREAD, { sanitizeOps: false, sanitizeResources: false }, async () => {
  const server = startAdminServer("127.0.0.1:0", sources);
  const { port } = parseAddress(server.address) as { port: number };
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.write(new TextEncoder().encode("GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n"));
  assert.equal(await client.read(new Uint8Array(16)), 16, "the answer has begun");
  await server.close(10);
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }));
  client.close();
});

Deno.test("a request line whose target is no address is answered with 400", async () => {
  const server = startAdminServer("127.0.0.1:0", sources);
  const { port } = parseAddress(server.address) as { port: number };
  for (const target of ["http://[::1/", "http://a b/", "http://x:99999/"]) {
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    await client.write(new TextEncoder().encode(`GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`));
    const answer = await new Response(client.readable).text();
    assert.match(answer, /^HTTP\/1\.1 400 /, target);
  }
  await server.close(10);
});
