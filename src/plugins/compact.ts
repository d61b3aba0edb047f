/** The object without the fields that are undefined, so that a message holds what is set and nothing else. */
export function compact<T extends object>(message: T): T {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined)) as T;
}
