import type { Report } from "../report/mod.ts";

/** Gloo's Settings file: `<dir>/<namespace>/default.yaml`. */
export function settingsFile(dir: string, namespace: string): string {
  return `${dir.replace(/\/+$/, "")}/${namespace}/default.yaml`;
}

/** Why a look at the folder of Gloo's Settings, which gave these reports, found none that can be used. */
export function noSettings(dir: string, namespace: string, reports: readonly Report[]): string {
  const file = settingsFile(dir, namespace);
  const first = reports.find(({ code }) => code !== "SLUICE-1107");
  return first ? `${file}: ${first.message}` : `there are no Settings: ${file} is wanted`;
}
