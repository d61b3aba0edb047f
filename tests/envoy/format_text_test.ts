/**
 * The check of format texts against the real Envoy: what src/plugins/format_text.ts lets through, Envoy takes, and each
 * example of a fault, Envoy refuses.
 *
 * Permissions: those of harness.ts.
 */
import assert from "node:assert/strict";
import { FORMAT_COMMANDS } from "../../src/plugins/format_commands.ts";
import { formatFault } from "../../src/plugins/format_text.ts";
import { BAD_FORMATS, GOOD_FORMATS } from "../../src/plugins/format_text_examples.ts";
import { envoyPath } from "./harness.ts";

/** Parameters that are good for the commands that want one of a certain form. */
const PARAMETERS: Readonly<Record<string, string>> = {
  METADATA: "DYNAMIC:a:b",
  COALESCE: '{"operators":["PROTOCOL"]}',
  COMMON_DURATION: "DS_RX_BEG:DS_TX_END:ms",
  CEL: "request.path",
};

Deno.test("Envoy takes every command that is known here, and every example", async () => {
  const commands = [...FORMAT_COMMANDS].map(([name, { parameter, length }]) => {
    const given = parameter === "required" ? `(${PARAMETERS[name] ?? "a"})` : "";
    return `%${name}${given}${length ? ":5" : ""}%`;
  });
  const texts = [...commands, ...GOOD_FORMATS];
  for (const text of texts) assert.equal(formatFault(text, "header"), undefined, text);
  assert.equal(await refusal(texts), "");
});

Deno.test("Envoy refuses every example of a fault", async () => {
  for (const text of BAD_FORMATS) assert.notEqual(await refusal([text]), "", `Envoy takes ${text}`);
});

/** What Envoy says against headers with these values; "" where it takes them. */
async function refusal(values: readonly string[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_format_" });
  try {
    const config = `${folder}/bootstrap.json`;
    await Deno.writeTextFile(config, JSON.stringify(bootstrap(values)));
    const { success, stderr } = await new Deno.Command(envoyPath(), {
      args: ["--mode", "validate", "--log-level", "error", "-c", config],
    }).output();
    return success ? "" : new TextDecoder().decode(stderr) || "refused without a word";
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function bootstrap(values: readonly string[]): unknown {
  const virtualHost = {
    name: "all",
    domains: ["*"],
    routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }],
    request_headers_to_add: values.map((value, i) => ({ header: { key: `x-${i}`, value } })),
  };
  const type = "type.googleapis.com/envoy.extensions.filters";
  const typedConfig = {
    "@type": `${type}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "http",
    route_config: { virtual_hosts: [virtualHost] },
    http_filters: [{ name: "router", typed_config: { "@type": `${type}.http.router.v3.Router` } }],
  };
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  return {
    static_resources: {
      listeners: [{ name: "one", address, filter_chains: [{ filters: [{ name: "hcm", typed_config: typedConfig }] }] }],
    },
  };
}
