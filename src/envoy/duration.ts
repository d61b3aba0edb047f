const NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "µs": 1_000n,
  "μs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** google.protobuf.Duration. */
export interface DurationMessage {
  seconds?: number;
  nanos?: number;
}

/**
 * The Duration of a text such as "1.5s", "100ms" or "1h30m" (units ns, us, µs, ms, s, m, h; a sign may precede). Gloo
 * reads durations so, by Go's time.ParseDuration. Undefined for any other text.
 */
export function parseDuration(text: string): DurationMessage | undefined {
  const nanos = parseNanos(text);
  if (nanos === undefined) return undefined;
  const seconds = Number(nanos / NANOS.s!);
  return { ...(seconds !== 0 && { seconds }), ...(nanos % NANOS.s! !== 0n && { nanos: Number(nanos % NANOS.s!) }) };
}

/** `parseDuration` for a text that is known to be good: throws a RangeError for another. */
export function duration(text: string): DurationMessage {
  return parseDuration(text) ?? fail(text);
}

/** The milliseconds of a duration text, with a fraction where there is one. Throws as `duration` does. */
export function durationMs(text: string): number {
  return Number(parseNanos(text) ?? fail(text)) / 1e6;
}

/** The Duration of so many milliseconds. */
export function durationOfMs(milliseconds: number): DurationMessage {
  return duration(`${Math.round(milliseconds * 1e6)}ns`);
}

/** The ProtoJSON text of a Duration: seconds with 0, 3, 6 or 9 digits of fraction, such as "1.500s". */
export function durationText(message: { seconds?: number | string; nanos?: number }): string {
  const total = BigInt(message.seconds ?? 0) * NANOS.s! + BigInt(message.nanos ?? 0);
  const size = total < 0n ? -total : total;
  const fraction = (size % NANOS.s!).toString().padStart(9, "0").replace(/(000)+$/, "");
  return `${total < 0n ? "-" : ""}${size / NANOS.s!}${fraction ? `.${fraction}` : ""}s`;
}

function parseNanos(text: string): bigint | undefined {
  if (/^[+-]?0$/.test(text)) return 0n;
  if (!/^[+-]?((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0n;
  for (const [, whole, fraction = "", unit] of text.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = NANOS[unit!]!;
    total += BigInt(whole || 0) * size + BigInt(fraction || 0) * size / 10n ** BigInt(fraction.length);
  }
  // The range of google.protobuf.Duration: about 10,000 years.
  if (total > 315_576_000_000n * NANOS.s!) return undefined;
  return text.startsWith("-") ? -total : total;
}

function fail(text: string): never {
  throw new RangeError(`${JSON.stringify(text)} is no duration`);
}
