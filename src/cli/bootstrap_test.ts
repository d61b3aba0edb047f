import assert from "node:assert/strict";
import { join } from "node:path";
import { bootstrapOf } from "./bootstrap_content.ts";
import { run, withFolder } from "./test_terminal.ts";

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

Deno.test("bootstrap: a mounted Secret is followed by way of two SDS files, which are written with the bootstrap", async () => {
  await withFolder({}, async (folder) => {
    const out = join(folder, "edge");
    const flags = ["--tls-dir", "/tls", "--out-dir", out, "--sds-dir", "/etc/envoy"];
    const ran = await run(["bootstrap", "--xds-address", "sluice.ns.svc:9977", ...flags]);
    assert.deepEqual(ran, { code: 0, out: "", err: "" });
    const read = (name: string) => Deno.readTextFile(join(out, name));
    assert.deepEqual([...Deno.readDirSync(out)].map(({ name }) => name).sort(), [
      "envoy.yaml",
      "sluice_authority.yaml",
      "sluice_certificate.yaml",
    ]);
    const bootstrap = await read("envoy.yaml");
    assert.match(
      bootstrap,
      /path: \/etc\/envoy\/sluice_certificate\.yaml[^]*path: \/etc\/envoy\/sluice_authority\.yaml/,
    );
    assert.match(bootstrap, /sni: sluice\.ns\.svc/);
    assert.match(
      await read("sluice_certificate.yaml"),
      /filename: \/tls\/tls\.key[^]*watched_directory:\n +path: \/tls\n/,
    );
    assert.match(await read("sluice_authority.yaml"), /san_type: DNS\n +matcher:\n +exact: sluice\.ns\.svc\n/);
    await run(["bootstrap", "--xds-address", "127.0.0.1:9977", ...flags]);
    assert.match(await read("sluice_authority.yaml"), /san_type: IP_ADDRESS\n +matcher:\n +exact: 127\.0\.0\.1\n/);
    assert.doesNotMatch(await read("envoy.yaml"), /sni/);
  });
});

Deno.test("bootstrap: flags that cannot be meant are refused", async () => {
  const refused: [string[], RegExp][] = [
    [["--role", "edge"], /should be NAMESPACE~NAME/],
    [["--xds-address", "nowhere"], /should be HOST:PORT or unix:PATH/],
    [["--tls-cert", "c", "--tls-key", "k"], /--tls-ca is missing/],
    [["--tls-ca", "ca", "--tls-cert", "c"], /belong together/],
    [["--tls-dir", "/tls", "--tls-ca", "ca"], /takes the place of/],
    [["--tls-dir", "/tls"], /--tls-dir wants --out-dir/],
    [["--tls-dir", "tls", "--out-dir", "/out"], /--tls-dir tls: it should begin with \//],
    [["--tls-dir", "/tls", "--out-dir", "out"], /--sds-dir or --out-dir out: it should begin with \//],
    [["--sds-dir", "/sds"], /--sds-dir belongs to --tls-dir/],
    [["--static-fallback", "/files", "--out-dir", "/out"], /do not go together/],
    [["edge"], /read with --static-fallback only/],
  ];
  for (const [words, message] of refused) {
    const { code, out, err } = await run(["bootstrap", ...words]);
    assert.deepEqual([code, out], [2, ""], words.join(" "));
    assert.match(err, message);
  }
  assert.match((await run(["bootstrap"])).out, /^node:\n {2}id: gloo-system~gateway-proxy\n/);
});
