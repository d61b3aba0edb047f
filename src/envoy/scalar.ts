/** A value that its field cannot hold; whoever knows the field's name adds it. */
export class WrongValue extends TypeError {}

/** Lowest and highest value of each integer type. */
const INTEGERS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  ...Object.fromEntries(["int32", "sint32", "sfixed32"].map((name) => [name, [-(2n ** 31n), 2n ** 31n - 1n]])),
  ...Object.fromEntries(["uint32", "fixed32"].map((name) => [name, [0n, 2n ** 32n - 1n]])),
  ...Object.fromEntries(["int64", "sint64", "sfixed64"].map((name) => [name, [-(2n ** 63n), 2n ** 63n - 1n]])),
  ...Object.fromEntries(["uint64", "fixed64"].map((name) => [name, [0n, 2n ** 64n - 1n]])),
};

/**
 * Checks a value of a scalar type of the protobuf language. A 64-bit integer may be text; what comes back is a number
 * where that is exact. Throws a WrongValue where the value is not of the type or out of its range.
 */
export function checkScalar(type: string, value: unknown): unknown {
  if (type === "string") return typeof value === "string" ? value : wrong(type, value);
  if (type === "bool") return typeof value === "boolean" ? value : wrong(type, value);
  if (type === "bytes") return value instanceof Uint8Array ? value : wrong(type, value);
  if (type === "double" || type === "float") return typeof value === "number" ? value : wrong(type, value);
  const isText = type.endsWith("64") && typeof value === "string" && /^-?\d{1,20}$/.test(value);
  if (!isText && !Number.isSafeInteger(value)) return wrong(type, value);
  const [lowest, highest] = INTEGERS[type]!;
  const number = Number(value);
  if (isText && !Number.isSafeInteger(number)) {
    const exact = BigInt(value);
    return exact >= lowest && exact <= highest ? value : wrong(type, value);
  }
  return number >= lowest && number <= highest ? number : wrong(type, value);
}

function wrong(type: string, value: unknown): never {
  throw new WrongValue(`${typeof value === "string" ? JSON.stringify(value) : String(value)} is no ${type}`);
}
