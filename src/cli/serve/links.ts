import type { ServeConfig } from "../config.ts";

/** Where those folders lead that are links: permissions are for that place, so a turned link wants another Worker. */
export function linksOf({ roots, settingsDir }: ServeConfig): string {
  return JSON.stringify([settingsDir ?? "", ...roots.map(({ path }) => path)].map((path) => {
    try {
      return Deno.readLinkSync(path);
    } catch {
      return "";
    }
  }));
}
