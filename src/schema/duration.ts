const LIMIT_SECONDS = 315_576_000_000n;
const NANOS: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  "µs": 1_000n,
  "μs": 1_000n,
  ns: 1n,
};

/** Why a text is no duration. */
export type DurationFault = "form" | "range" | "precision";

/**
 * A duration as canonical proto-JSON (`"1.5s"`, no trailing zeros). Reads what proto-JSON writes and, as Gloo's YAML
 * reader does, Go's form too: `100ms`, `1m30s`, `1.5h`. Finer than a nanosecond and beyond 10,000 years is a fault.
 */
export function parseDuration(text: string): { readonly value: string } | { readonly fault: DurationFault } {
  if (/^(0|[1-9]\d{0,10})s$/.test(text)) return { value: text };
  if (text === "0") return { value: "0s" };
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (!match) return { fault: "form" };
  let nanos = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of match[2]!.matchAll(/(\d*)\.?(\d*)([a-zµμ]+)/g)) {
    const scaled = BigInt(`0${whole}${fraction}`) * NANOS[unit]!;
    const divisor = 10n ** BigInt(fraction.length);
    if (scaled % divisor !== 0n) return { fault: "precision" };
    nanos += scaled / divisor;
  }
  if (nanos > LIMIT_SECONDS * NANOS.s!) return { fault: "range" };
  const seconds = nanos / NANOS.s!;
  const rest = (nanos % NANOS.s!).toString().padStart(9, "0").replace(/0+$/, "");
  const sign = match[1] === "-" && nanos !== 0n ? "-" : "";
  return { value: `${sign}${seconds}${rest === "" ? "" : `.${rest}`}s` };
}
