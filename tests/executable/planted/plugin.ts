/** Planted among the plugins: makes the attempts from inside a hook. */
import { definePlugin } from "../../../src/plugins/contract.ts";

export const plugin = definePlugin({
  name: "planted",
  options: {},
  virtualHost() {
    (globalThis as { plantedHook?: () => void }).plantedHook?.();
    return undefined;
  },
});
