#!/bin/sh
# gather.sh ROOT PROGRAM[=PATH]...
# Copies programs below ROOT, to PATH or where they are, each with the libraries that it is linked to.
set -eu
root=$1
shift
put() {
  [ -e "$root$2" ] && return
  mkdir -p "$root$(dirname "$2")"
  cp -L "$1" "$root$2"
  chmod 0755 "$root$2"
}
for program; do
  from=${program%%=*}
  put "$from" "${program#*=}"
  if ! libraries=$(ldd "$from" 2>&1); then
    echo "$from is linked to nothing that ldd knows: $libraries. Of a portable sluice, build the target 'portable'." >&2
    exit 1
  fi
  for library in $(printf '%s\n' "$libraries" | grep -o '/[^ ]*'); do put "$library" "$library"; done
done
