import type { EnvoySnapshot, ResourceSet } from "./resource.ts";
import { versionOfSet } from "./fingerprint.ts";
import { readableSecrets } from "./secret_access.ts";
import { SotwState } from "./sotw_state.ts";
import type { Update } from "./type_state.ts";
import { isWholeSet, resourcesOf, type SnapshotType } from "./xds_type.ts";

const NOTHING: ResourceSet = new Map();

/** The answer to a unary Fetch: the present state of what is asked for, whatever version the client has. */
export function fetchUpdate(snapshot: EnvoySnapshot, type: SnapshotType, names: readonly string[]): Update {
  const state = new SotwState(isWholeSet(type), false);
  state.receive({ version: "", names, nonce: "" });
  const set = type === "secret" ? readableSecrets(snapshot) : resourcesOf(snapshot, type);
  return state.take(set) ??
    { version: versionOfSet(NOTHING), resources: [], removed: [], whole: false, changed: [], added: [] };
}
