const encoder = new TextEncoder();

/** A text in UTF-8. */
export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}
