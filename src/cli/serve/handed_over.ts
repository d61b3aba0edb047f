import type { Memory } from "../../syncer/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT } from "../../xds/mod.ts";

/**
 * The memory in a form that another Worker can be sent. The EnvoySnapshots are no plain data and are left out: the first
 * sync joins them again from their pieces.
 */
export function handedOver(memory: Memory): Memory {
  const served = [...memory.served].map(([key, last]) => [key, { ...last, snapshot: EMPTY_ENVOY_SNAPSHOT }] as const);
  return { ...memory, served: new Map(served) };
}
