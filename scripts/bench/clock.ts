/** Milliseconds since 1970 with fractions: one clock for several processes of a machine, as long as nobody sets it. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
