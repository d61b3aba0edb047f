import assert from "node:assert/strict";
import { bootstrapOf } from "./bootstrap.ts";
import { run } from "./test_terminal.ts";

const OPTIONS = {
  role: "gloo-system~edge",
  xdsAddress: "127.0.0.1:9977",
  adminAddress: "127.0.0.1:19000",
  delta: false,
};

Deno.test("bootstrap: Gloo's node metadata, ADS over TCP or a socket, state of the world or delta", () => {
  const plain = JSON.stringify(bootstrapOf(OPTIONS));
  assert.match(plain, /"metadata":\{"role":"gloo-system~edge"\}/);
  assert.match(plain, /"api_type":"GRPC"/);
  assert.match(
    plain,
    /"type":"STRICT_DNS","dns_lookup_family":"ALL".*"socket_address":\{"address":"127\.0\.0\.1","port_value":9977\}/,
  );
  const socket = JSON.stringify(bootstrapOf({ ...OPTIONS, delta: true, xdsAddress: "unix:/run/xds.sock" }));
  assert.match(socket, /"api_type":"DELTA_GRPC"/);
  assert.match(socket, /"type":"STATIC".*"pipe":\{"path":"\/run\/xds\.sock"\}/);
});

Deno.test("bootstrap: TLS files become a transport socket that checks sluice's certificate", () => {
  const text = JSON.stringify(bootstrapOf({ ...OPTIONS, tls: { cert: "c.pem", key: "k.pem", ca: "ca.pem" } }));
  assert.match(text, /"private_key":\{"filename":"k\.pem"\}.*"trusted_ca":\{"filename":"ca\.pem"\}/);
});

Deno.test("bootstrap: flags that cannot be meant are refused", async () => {
  const refused: [string[], RegExp][] = [
    [["--role", "edge"], /should be NAMESPACE~NAME/],
    [["--xds-address", "nowhere"], /should be HOST:PORT or unix:PATH/],
    [["--tls-cert", "c", "--tls-key", "k"], /--tls-ca is missing/],
    [["--tls-ca", "ca", "--tls-cert", "c"], /belong together/],
    [["edge"], /read with --static-fallback only/],
  ];
  for (const [words, message] of refused) {
    const { code, out, err } = await run(["bootstrap", ...words]);
    assert.deepEqual([code, out], [2, ""], words.join(" "));
    assert.match(err, message);
  }
  assert.match((await run(["bootstrap"])).out, /^node:\n {2}id: gloo-system~gateway-proxy\n/);
});
