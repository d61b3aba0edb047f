/** The key, with `~2`, `~3` and so on where it is taken already; takes it. */
export function unique(key: string, taken: Set<string>): string {
  let free = key;
  for (let n = 2; taken.has(free); n++) free = `${key}~${n}`;
  taken.add(free);
  return free;
}
