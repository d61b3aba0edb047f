import { versionOf } from "../xds/mod.ts";

/** All clusters and all listeners, each in one file: what is not in it does not exist. */
export const CLUSTERS_FILE = "cds.pb";
export const LISTENERS_FILE = "lds.pb";

/** Types of which resources have files of their own, by the folders of these. */
export type FileType = "route" | "secret";
export const TYPE_FOLDER: Readonly<Record<FileType, string>> = { secret: "sds", route: "rds" };

/**
 * How many files of their own resources of a type have at most; others become part of the listeners and clusters that refer
 * to them. Envoy 1.40 takes an inotify instance for each file that it watches and ends where it gets none, and Linux allows a
 * user 128 of them unless told otherwise; other programs of that user need some too.
 */
export const MOST_FILES: Readonly<Record<FileType, number>> = { secret: 32, route: 16 };

/** The longest file name that file systems take is 255 bytes, and a draft's is longer than its file's. */
const LONGEST = 200;

/** The folder of a role's copy: `<folder>/gloo-system~gateway-proxy`. */
export function roleFolder(folder: string, role: string): string {
  return `${folder.replace(/\/+$/, "")}/${safeName(role)}`;
}

/** The file of a resource, in its role's folder. */
export function resourceFile(type: FileType, name: string): string {
  return `${TYPE_FOLDER[type]}/${safeName(name)}.pb`;
}

/** A draft lies beside its file, so that it becomes the file by a rename. */
export function draftOf(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}.${path.slice(slash)}.draft`;
}

/** Whether a file of this name in a folder of resources is ours to remove. */
export function isOurs(name: string): boolean {
  return name.endsWith(".pb") || (name.startsWith(".") && name.endsWith(".pb.draft"));
}

/** The name as a file name: no two names give the same, none leads out of the folder or is hidden. */
function safeName(name: string): string {
  const bytes = new TextEncoder().encode(name);
  const safe = [...bytes].map((byte, index) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9~_:-]/.test(character) || (character === "." && index > 0)
      ? character
      : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
  // No "=" stands in other names.
  return safe.length <= LONGEST ? safe : `${safe.slice(0, LONGEST - 30)}=${versionOf(bytes)}`;
}
