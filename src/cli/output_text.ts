import { dumpYaml } from "../watchers/mod.ts";

/** A value as text that ends with a line break. */
export function textOf(value: unknown, form: "yaml" | "json"): string {
  return form === "yaml" ? dumpYaml(value) : JSON.stringify(value, null, 2) + "\n";
}
