/** A second kind of real xDS client: proxyless gRPC. It asks by name, listener first, and wants listeners with an api_listener. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { waitFor } from "../envoy/harness.ts";
import {
  bootstrapOf,
  METHOD,
  PROXYLESS_ROLE,
  serveProxyless,
  SERVICE,
  shop,
  startProcess,
  startShop,
} from "./proxyless.ts";

/**
 * A process of its own: where client and server of one process part at the same time, nghttp2 in Deno 2.9 ends the process
 * (an assertion of find_stream_on_goaway_func).
 */
function startClient(address: string) {
  const script = fileURLToPath(new URL("./grpc_js_xds_client.ts", import.meta.url));
  return startProcess(Deno.execPath(), [
    ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys=uid,gid"],
    ...["--allow-net=127.0.0.1", script, bootstrapOf(address), SERVICE, METHOD],
  ]);
}

Deno.test("a proxyless gRPC client finds its backend and follows a route to a new cluster without an error", async () => {
  const [one, two] = [await startShop("one"), await startShop("two")];
  const { cache, server } = await serveProxyless();
  cache.setSnapshot(PROXYLESS_ROLE, shop({ a: one.port }));
  const client = startClient(server.address);
  try {
    assert.equal(await client.line(), "one");
    const info = server.clients()[0]!;
    assert.match(info.userAgent, /^gRPC/i);
    assert.deepEqual(Object.keys(info.types).sort(), ["cluster", "endpoint", "listener", "route"]);
    cache.setSnapshot(PROXYLESS_ROLE, shop({ b: two.port }));
    // It writes what is new, and ends where a call fails.
    assert.equal(await client.line(), "two");
    await waitFor("the old cluster to be let go", () => server.clients()[0]!.types.cluster!.names === 1);
    for (const { lastNack } of Object.values(server.clients()[0]!.types)) assert.equal(lastNack, undefined);
  } finally {
    await client.stop();
    await server.close(1_000);
    one.stop();
    two.stop();
  }
});
