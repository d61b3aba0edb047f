/** The first place where two values differ, for people: its path and both values; undefined where they are equal. */
export function firstDifference(one: unknown, other: unknown, path = ""): string | undefined {
  if (Object.is(one, other)) return undefined;
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    return sameBytes(one, other) ? undefined : told(path, one, other);
  }
  if (one instanceof Map && other instanceof Map) {
    return firstDifference([...one], [...other], `${path}(entries)`);
  }
  if (Array.isArray(one) && Array.isArray(other)) return ofLists(one, other, path);
  if (isPlain(one) && isPlain(other)) return ofObjects(one, other, path);
  return told(path, one, other);
}

function ofLists(one: readonly unknown[], other: readonly unknown[], path: string): string | undefined {
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const place = `${path}[${i}]`;
    if (i >= one.length) return told(place, "nothing", other[i]);
    if (i >= other.length) return told(place, one[i], "nothing");
    const found = firstDifference(one[i], other[i], place);
    if (found) return found;
  }
  return undefined;
}

function ofObjects(one: Fields, other: Fields, path: string): string | undefined {
  for (const field of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const found = firstDifference(one[field], other[field], path === "" ? field : `${path}.${field}`);
    if (found) return found;
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isPlain(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map) &&
    !(value instanceof Uint8Array);
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

function told(path: string, one: unknown, other: unknown): string {
  return `${path}\n    ${shown(one)}\n    ${shown(other)}`;
}

/** Bytes as text, with what is not printable as dots: names and paths can be read in it. */
function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, part) => part instanceof Uint8Array ? `<${printable(part)}>` : part);
  return (text ?? String(value)).slice(0, 2000);
}

function printable(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".").join("");
}
