import { dirname, resolve } from "node:path";
import { parseAddress } from "../address/mod.ts";
import type { TranslatedProxy } from "../syncer/mod.ts";
import { type Arguments, type Command, type Terminal, UsageError } from "./command.ts";
import { loadConfiguration, type LoadedConfiguration, SOURCE_FLAGS, sourceNeeds } from "./load.ts";
import { outputFlag, outputOf } from "./output.ts";
import { textOf } from "./output_text.ts";
import type { Grant } from "./permissions.ts";
import { staticBootstrap } from "./static_bootstrap.ts";
import { envoySnapshotJson } from "./xds_json.ts";

const DEFAULT_ADMIN_ADDRESS = "127.0.0.1:19000";

export const command: Command = {
  name: "translate",
  usage: "DIR... [FLAGS]",
  summary: "Prints what folders of Gloo YAML become: the EnvoySnapshot of each proxy. " +
    "With --static, a bootstrap that Envoy runs without a control plane. Exit code 1 where there are errors; what has " +
    "none is translated all the same.",
  most: Infinity,
  examples: [
    "sluice translate /etc/sluice",
    "sluice translate /etc/sluice --role gloo-system~edge -o json",
    "sluice translate /etc/sluice --static --out envoy.yaml && envoy -c envoy.yaml",
  ],
  flags: {
    role: { type: "text", value: "NAMESPACE~NAME", doc: "only this proxy", default: "all; with --static the only one" },
    static: { type: "switch", doc: "a static bootstrap; needs --out" },
    out: {
      type: "text",
      value: "FILE",
      doc: "file to write to; with --static, private keys go to files of mode 0600 beside it",
    },
    ...outputFlag(["yaml", "json"]),
    "admin-address": {
      type: "text",
      value: "HOST:PORT",
      doc: "where the static Envoy's admin page listens",
      default: DEFAULT_ADMIN_ADDRESS,
    },
    ...SOURCE_FLAGS,
  },
  needs(args, terminal) {
    return [...sourceNeeds(args, terminal), ...outNeeds(args)];
  },
  async run(args, terminal) {
    const form = outputOf(args, ["yaml", "json"]);
    const format: Format = (value) => textOf(value, form);
    const loaded = await loadConfiguration(command, args, terminal);
    const errors = loaded.reports.filter(({ severity }) => severity === "error").length;
    if (errors > 0) {
      terminal.err(
        `sluice translate: ${
          errors === 1 ? "1 error" : `${errors} errors`
        }; sluice validate ${loaded.source} tells which`,
      );
    }
    const proxies = chosenProxies(loaded, args.text("role"));
    if (proxies.length === 0) {
      terminal.err("sluice translate: nothing to print: there is no Gateway with routes, and no Proxy written by hand");
      return 1;
    }
    if (args.has("static")) await writeStatic(args, proxies, format);
    else {await printSnapshots(args, terminal, proxies, (value) =>
        format(JSON.parse(JSON.stringify(value, loaded.redact))));}
    return errors > 0 ? 1 : 0;
  },
};

function outNeeds(args: Arguments): Grant[] {
  const out = args.text("out");
  if (!out) return [];
  const keys: Grant = { permission: "write", value: dirname(resolve(out)), reason: "files of private keys beside it" };
  return [{ permission: "write", value: out, reason: "--out" }, ...(args.has("static") ? [keys] : [])];
}

type Format = (value: unknown) => string;

function chosenProxies({ proxies }: LoadedConfiguration, role: string | undefined): readonly TranslatedProxy[] {
  if (role === undefined || proxies.length === 0) return proxies;
  const chosen = proxies.filter((proxy) => proxy.role === role);
  if (chosen.length === 0) throw new UsageError(`there is no proxy ${role}; there are ${rolesOf(proxies)}`);
  return chosen;
}

const rolesOf = (proxies: readonly TranslatedProxy[]): string => proxies.map(({ role }) => role).join(", ");

async function printSnapshots(
  args: Arguments,
  terminal: Terminal,
  proxies: readonly TranslatedProxy[],
  format: Format,
): Promise<void> {
  const text = format(Object.fromEntries(proxies.map(({ role, snapshot }) => [role, envoySnapshotJson(snapshot)])));
  const out = args.text("out");
  if (out) await Deno.writeTextFile(out, text);
  else terminal.out(text.trimEnd());
}

async function writeStatic(args: Arguments, proxies: readonly TranslatedProxy[], format: Format): Promise<void> {
  const [proxy, another] = proxies;
  if (another) throw new UsageError(`--static takes one proxy; say --role with one of ${rolesOf(proxies)}`);
  const out = args.text("out");
  if (!out) throw new UsageError("--static needs --out FILE, as keys are written beside it");
  const admin = args.text("admin-address") ?? DEFAULT_ADMIN_ADDRESS;
  const address = parseAddress(admin);
  if (!address || "path" in address) throw new UsageError(`--admin-address ${admin}: it should be HOST:PORT`);
  const folder = dirname(resolve(out));
  const { bootstrap, keyFiles } = staticBootstrap(proxy!.snapshot, {
    keyFolder: folder,
    adminAddress: address.host,
    adminPort: address.port,
  });
  for (const [name, bytes] of keyFiles) await Deno.writeFile(`${folder}/${name}`, bytes, { mode: 0o600 });
  // Values of Secrets that are part of a route (a header) are in this file, so it is nobody else's to read either.
  await Deno.writeTextFile(out, format(bootstrap), { mode: 0o600 });
}
