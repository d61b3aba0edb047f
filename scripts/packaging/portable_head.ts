/** Length of the head in bytes, so that `tail` finds the archive after it. */
export const HEAD_LENGTH = 4096;

export interface Head {
  /** Of the archive: names the folder that it is unpacked to. */
  readonly hash: string;
  /** In the archive: the program. */
  readonly program: string;
  /** Its arguments before the main module. */
  readonly words: readonly string[];
  /** In the archive: the main module, and others that are started. */
  readonly modules: readonly [main: string, ...others: string[]];
}

/**
 * The head of a portable executable. It needs `sh`, `tar`, `gzip`, `find` and coreutils, and a folder to unpack to that is its
 * user's own: $CACHE_DIRECTORY (systemd gives it), $XDG_CACHE_HOME or ~/.cache, /var/cache for root without a home, or
 * else one in $TMPDIR. It is unpacked under another name and renamed, so that two starts at once, or one that is killed,
 * leave nothing half done.
 */
export function portableHead({ hash, program, words, modules }: Head): Uint8Array {
  const text = `#!/bin/sh
# Sluice, with the Deno that runs it. Unpacks itself once, and starts.
set -eu
mask=$(umask)
umask 077
fail() { echo "sluice: $1" >&2; exit 2; }
# Root takes no home but its own: its owner could exchange what is in it.
mine() { [ -n "$1" ] && [ "$1" != / ] && { [ "$(id -u)" != 0 ] || [ -O "$1" ]; }; }
if [ -n "\${CACHE_DIRECTORY:-}" ]; then
  cache=\${CACHE_DIRECTORY%%:*}
  # Named on purpose, it may be a link: systemd gives one with DynamicUser.
  cache=$(cd -P "$cache" 2>/dev/null && pwd -P || echo "$cache")/sluice
elif mine "\${XDG_CACHE_HOME:-}"; then cache=$XDG_CACHE_HOME/sluice
elif mine "\${HOME:-}"; then cache=$HOME/.cache/sluice
elif [ "$(id -u)" = 0 ]; then cache=/var/cache/sluice-root
else cache=\${TMPDIR:-/tmp}/sluice-$(id -u); fi
home=$cache/${hash}
if [ ! -x "$home/${program}" ]; then
  mkdir -p "$cache" 2>/dev/null || fail "cannot unpack itself to $cache; CACHE_DIRECTORY names another folder"
fi
# What another user put there, or could, is not started.
own() { [ -O "$1" ] && [ ! -L "$1" ]; }
own "$cache" || fail "$cache belongs to somebody else; CACHE_DIRECTORY names another folder"
case $(ls -ld "$cache") in
d????[!w]??[!w]*) ;;
*) fail "others may write to $cache; CACHE_DIRECTORY names another folder" ;;
esac
if [ ! -x "$home/${program}" ]; then
  # Of starts that were killed.
  find "$cache" -maxdepth 1 -name ".part.*" -mmin +60 -exec rm -rf {} + 2>/dev/null || :
  part=$(mktemp -d "$cache/.part.XXXXXX") || fail "cannot unpack itself to $cache"
  trap 'rm -rf "$part"' EXIT
  trap 'exit 2' HUP INT TERM
  { tail -c +${HEAD_LENGTH + 1} "$0" | gzip -dc || touch "$part/broken"; } |
    tar -xof - -C "$part" && [ ! -e "$part/broken" ] ||
    fail "cannot unpack itself to $cache; is $0 whole, and is there room?"
  # Where another start was faster, its folder is as good.
  mv "$part" "$home" && rm -rf "$home/\${part##*/}"
  [ -x "$home/${program}" ] || fail "$home is damaged; remove it"
  trap - EXIT HUP INT TERM
  fresh=yes
fi
own "$home" && own "$home/${program}" || fail "$home belongs to somebody else"
umask "$mask"
export DENO_DIR="$home/deno" DENO_NO_UPDATE_CHECK=1
# A process that finds its modules analysed needs half the memory of one that does it.
[ -z "\${fresh:-}" ] || "$home/${program}" cache --quiet --no-config --no-lock ${
    modules.map((module) => `"$home/${module}"`).join(" ")
  } >/dev/null 2>&1 || :
exec "$home/${program}" ${words.map(quoted).join(" ")} "$home/${modules[0]}" "$@"
`;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > HEAD_LENGTH) throw new Error(`the head is ${bytes.length} bytes long, of ${HEAD_LENGTH}`);
  const head = new Uint8Array(HEAD_LENGTH).fill(10);
  head.set(bytes);
  return head;
}

const quoted = (word: string): string => /^[\w=,.:/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
