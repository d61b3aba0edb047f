/** Resources are frozen, all through: those that a watcher takes from a kept record as well. Gives the same value back. */
export function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
