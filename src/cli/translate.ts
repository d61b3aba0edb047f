import { dirname, resolve } from "node:path";
import { dumpYaml } from "../watchers/mod.ts";
import { type Command, UsageError } from "./command.ts";
import { DEFAULT_NAMESPACE } from "./config.ts";
import { loadConfiguration } from "./load.ts";
import { staticBootstrap } from "./static_bootstrap.ts";
import { envoySnapshotJson } from "./xds_json.ts";

export const command: Command = {
  name: "translate",
  usage: "DIR... [FLAGS]",
  summary: "Prints what folders of Gloo YAML become: the EnvoySnapshot of each proxy. " +
    "With --static, a bootstrap that Envoy runs without a control plane.",
  examples: [
    "sluice translate /etc/sluice",
    "sluice translate /etc/sluice --role gloo-system~edge -o json",
    "sluice translate /etc/sluice --static --out envoy.yaml && envoy -c envoy.yaml",
  ],
  flags: {
    role: { type: "text", doc: "only this proxy, NAMESPACE~NAME", default: "all; with --static the only one" },
    static: { type: "switch", doc: "a static bootstrap; needs --out" },
    out: { type: "text", doc: "file to write to; private keys go to files of mode 0600 beside it" },
    output: { type: "text", short: "o", doc: "yaml or json", default: "yaml" },
    namespace: { type: "text", short: "n", doc: "namespace of Gateways", default: DEFAULT_NAMESPACE },
    "admin-address": { type: "text", doc: "where the static Envoy's admin page listens", default: "127.0.0.1:19000" },
  },
  async run(args, terminal) {
    if (args.positionals.length === 0) throw new UsageError("which folder? sluice translate DIR");
    const loaded = await loadConfiguration(args.positionals, args.text("namespace") ?? DEFAULT_NAMESPACE);
    const role = args.text("role");
    const proxies = loaded.proxies.filter((proxy) => role === undefined || proxy.role === role);
    if (proxies.length === 0) throw new UsageError(noProxy(role, loaded.proxies.map((proxy) => proxy.role)));
    const errors = loaded.reports.filter(({ severity }) => severity === "error").length;
    if (errors > 0) terminal.err(`sluice translate: ${errors} errors; sluice validate tells which`);
    const format = args.text("output") === "json"
      ? (value: unknown) => JSON.stringify(value, null, 2) + "\n"
      : dumpYaml;
    if (args.has("static")) {
      if (proxies.length > 1) {
        throw new UsageError(`--static takes one proxy; say --role: ${proxies.map((one) => one.role).join(", ")}`);
      }
      await writeStatic(args.text("out"), args.text("admin-address"), proxies[0]!.snapshot, format);
    } else {
      const shown = Object.fromEntries(proxies.map(({ role, snapshot }) => [role, envoySnapshotJson(snapshot)]));
      const text = format(JSON.parse(JSON.stringify(shown, loaded.redact)));
      if (args.text("out")) await Deno.writeTextFile(args.text("out")!, text);
      else terminal.out(text.trimEnd());
    }
    return errors > 0 ? 1 : 0;
  },
};

function noProxy(role: string | undefined, roles: readonly string[]): string {
  if (role === undefined) {
    return "there is no proxy: no Gateway has a virtual service, and no Proxy was written by hand";
  }
  return `there is no proxy ${role}; there are ${roles.join(", ") || "none"}`;
}

async function writeStatic(
  out: string | undefined,
  admin: string | undefined,
  snapshot: Parameters<typeof staticBootstrap>[0],
  format: (value: unknown) => string,
): Promise<void> {
  if (out === undefined) throw new UsageError("--static needs --out FILE, as keys are written beside it");
  const [, host, port] = /^(.*):(\d+)$/.exec(admin ?? "127.0.0.1:19000") ?? [];
  if (host === undefined) throw new UsageError(`--admin-address ${admin}: it should be HOST:PORT`);
  const folder = dirname(resolve(out));
  const { bootstrap, keyFiles } = staticBootstrap(snapshot, {
    keyFolder: folder,
    adminAddress: host,
    adminPort: Number(port),
  });
  for (const [name, bytes] of keyFiles) {
    await Deno.writeFile(`${folder}/${name}`, bytes, { mode: 0o600 });
    await Deno.chmod(`${folder}/${name}`, 0o600);
  }
  // Values of Secrets that are part of a route (a header) are in this file, so it is nobody else's to read either.
  await Deno.writeTextFile(out, format(bootstrap), { mode: 0o600 });
}
