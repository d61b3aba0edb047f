/** JSON of plain data with bytes in it, which are base64 there: see {@link parseWithBytes}. */
export function textWithBytes(value: unknown, replace: (value: unknown) => unknown = (same) => same): string {
  return JSON.stringify(value, (_key, one) => one instanceof Uint8Array ? { base64: one.toBase64() } : replace(one));
}

/** What {@link textWithBytes} made. Throws where the text is no JSON. */
export function parseWithBytes(text: string, revive: (value: unknown) => unknown = (same) => same): unknown {
  return JSON.parse(
    text,
    (_key, one) => typeof one?.base64 === "string" ? Uint8Array.fromBase64(one.base64) : revive(one),
  );
}
