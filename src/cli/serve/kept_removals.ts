import type { Logger } from "../../telemetry/mod.ts";
import { removedFromJson, removedToJson, type XdsCache } from "../../xds/mod.ts";
import type { KeptState } from "./kept_state.ts";

const SLOT = "removed";

/**
 * Begins with what the last process had taken away of late, and keeps what is taken away from now on: Envoys that come back
 * may still use it.
 */
export function keepRemovals(cache: XdsCache, state: KeptState, logger: Logger): void {
  const before = state.slot(SLOT);
  if (typeof before === "string") {
    try {
      for (const { role, removed } of removedFromJson(before)) if (cache.has(role)) cache.restoreLately(role, removed);
    } catch (error) {
      // Envoys that come back count as strangers then.
      logger.warn("what was removed before cannot be read", { error: String(error) });
    }
  }
  cache.watchRemovals(() => state.keep(SLOT, removedToJson(cache.lately())));
}
