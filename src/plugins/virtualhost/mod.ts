import type { Message } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { virtualHostOptions } from "./options.ts";

type VirtualHost = Message<"envoy.config.route.v3.VirtualHost">;

/** The number of tries in `x-envoy-attempt-count`. Gloo: the plugin `virtualhost`. There is nothing to get wrong. */
export const plugin = definePlugin({
  name: "virtualhost",
  options: { virtualHost: virtualHostOptions },
  virtualHost({ options: { includeRequestAttemptCount, includeAttemptCountInResponse } }) {
    if (!includeRequestAttemptCount && !includeAttemptCountInResponse) return undefined;
    const fragment: VirtualHost = { includeRequestAttemptCount, includeAttemptCountInResponse };
    return { fragment };
  },
});
