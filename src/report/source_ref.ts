import type { ResourceId } from "../api/mod.ts";

/**
 * The `ref` of a fault that belongs to no resource: a directory that is missing, a file that is not YAML and never was.
 * It becomes no status, only log lines and listings; such a report tells its place by `location` or in its message.
 */
export const SOURCE_REF: ResourceId = { kind: "Settings", namespace: "", name: "" };

/** True for {@link SOURCE_REF} and for any ref whose name could not be read. */
export const isSourceRef = (ref: ResourceId): boolean => ref.name === "";
