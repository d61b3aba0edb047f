import { type Copies, keepCopies } from "../../xds_files/mod.ts";
import type { XdsFront } from "./xds_front.ts";

/** Keeps what Envoys are served as files too, where that is wanted. */
export function copiesOf({ config, cache, limits, clock, logger, metrics }: XdsFront): Copies | undefined {
  const folder = config.staticFallback;
  return folder === undefined ? undefined : keepCopies({ folder, cache, limits, clock, logger, metrics });
}
