/**
 * Calls back for each field of an encoded message that is text, bytes or a message: its number and where its content starts
 * and ends. Other fields are passed over.
 */
export function eachField(message: Uint8Array, callback: (number: number, from: number, to: number) => void): void {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1;; shift *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 2) {
      const length = varint();
      callback((tag - wire) / 8, at, at + length);
      at += length;
    } else if (wire === 0) varint();
    else at += wire === 1 ? 8 : 4;
  }
}

/** Whether a message has such a field, which is text, bytes or a message. */
export function hasField(message: Uint8Array, wanted: number): boolean {
  let found = false;
  eachField(message, (number) => {
    if (number === wanted) found = true;
  });
  return found;
}
