import { type Arguments, type Flag, UsageError } from "./command.ts";

/** Forms in which something is printed. */
export type Output = "text" | "yaml" | "json";

/** The flag `-o, --output` of all commands. The first form is the default. */
export function outputFlag(forms: readonly [Output, ...Output[]], doc = ""): Readonly<Record<"output", Flag>> {
  return {
    output: {
      type: "text",
      short: "o",
      value: "FORM",
      doc: `${forms.join(" or ")}${doc === "" ? "" : `; ${doc}`}`,
      default: forms[0],
    },
  };
}

/** The form that was asked for. Throws {@link UsageError} where it is none of these. */
export function outputOf<const T extends Output>(args: Arguments, forms: readonly [T, ...T[]]): T {
  const output = args.text("output") ?? forms[0];
  if ((forms as readonly string[]).includes(output)) return output as T;
  throw new UsageError(`--output ${output}: it should be ${forms.join(" or ")}`);
}
