import type { ClientHolds } from "../../xds/mod.ts";
import type { XdsFront } from "./xds_front.ts";

/** What Envoys refuse, in their words, without secrets. */
export function refusalsOf({ refusals, hide }: XdsFront): ClientHolds[] {
  return refusals.present().map(({ client, holds }) => ({
    client,
    holds: holds.map((one) => ({ ...one, detail: hide(one.detail) })),
  }));
}

/** Measures how much Envoys refuse. */
export function countHolds({ cache, metrics, refusals }: XdsFront): void {
  const present = refusals.present();
  const held = metrics.gauge("sluice_xds_holds", "What clients refuse and are shown something else for.", ["role"]);
  for (const role of cache.roles()) {
    const own = present.filter(({ client }) => client.role === role);
    held.set(own.reduce((sum, { holds }) => sum + holds.length, 0), { role });
  }
}
