import list from "./licences.gen.json" with { type: "json" };

/** Parts of the executable that have the same licence text; `deno task gen:licences` gathers them. */
export interface Licence {
  /** As `js-yaml 5.5.0`. */
  readonly parts: readonly string[];
  /** As SPDX names it: `MIT`, `Apache-2.0`. */
  readonly licence: string;
  /** Empty where the part comes without one. */
  readonly text: string;
}

/** All licences, with a line between two. */
export function licencesText(licences: readonly Licence[] = list): string {
  const line = "=".repeat(80);
  return licences.map(({ parts, licence, text }) =>
    `${parts.join(", ")}\n\nLicence: ${licence}${text === "" ? " (it comes without a text)" : `\n\n${text}`}`
  ).join(`\n\n${line}\n\n`);
}

export const licencesJson = (licences: readonly Licence[] = list): string => JSON.stringify(licences, undefined, 2);
