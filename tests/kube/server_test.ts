import assert from "node:assert/strict";
import { KubeServer } from "./kube_server.ts";

Deno.test("the API server of the tests takes objects, is gone while killed, and has them again after", async () => {
  const server = await KubeServer.start();
  try {
    await server.apply("/api/v1/namespaces/shop", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    await server.command("kill-apiserver");
    await assert.rejects(server.raw("GET", "/version"));
    await server.command("start-apiserver");
    const { metadata } = await server.request<{ metadata: { name: string } }>("GET", "/api/v1/namespaces/shop");
    assert.equal(metadata.name, "shop");
  } finally {
    server.closeClient();
    await server.stop();
  }
});
