import type { Spec } from "../api/mod.ts";
import { parseYaml } from "../watchers/mod.ts";
import { settingsFile } from "./settings_file.ts";

type Fields = { readonly [name: string]: unknown };

/**
 * What Gloo's Settings file says of folders and addresses, read without the schema and the plugins behind it: `main` wants
 * no more of it, and stays small. The Worker reads the file again with all rules, and has the last word: what differs
 * it asks to be started again with, and what is no Settings it refuses. Undefined where the file is not there or not YAML.
 */
export function peekSettings(dir: string, namespace: string): Spec<"Settings"> | undefined {
  const settings = fieldsOf(readYaml(settingsFile(dir, namespace)));
  if (!settings) return undefined;
  const folder = (of: unknown) => ({ directory: textOf(fieldsOf(of)?.directory) });
  const sources = fieldsOf(settings.secretOptions)?.sources;
  return {
    discoveryNamespace: textOf(settings.discoveryNamespace),
    gloo: { xdsBindAddr: textOf(fieldsOf(settings.gloo)?.xdsBindAddr) },
    directoryConfigSource: folder(settings.directoryConfigSource),
    directorySecretSource: folder(settings.directorySecretSource),
    directoryArtifactSource: folder(settings.directoryArtifactSource),
    secretOptions: {
      sources: Array.isArray(sources) ? sources.map((one) => ({ directory: folder(fieldsOf(one)?.directory) })) : [],
    },
  };
}

function readYaml(file: string): unknown {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch {
    return undefined;
  }
  const parsed = parseYaml(text);
  return "fault" in parsed ? undefined : parsed.value;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
