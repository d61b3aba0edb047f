import { type Message, wrap } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { routeConfigurationOptions } from "./options.ts";

type RouteConfiguration = Message<"envoy.config.route.v3.RouteConfiguration">;

/** A Gateway's `routeOptions`: what holds for all its virtual hosts. Gloo: part of its route translator. */
export const plugin = definePlugin({
  name: "routeconfig",
  options: { routeConfiguration: routeConfigurationOptions },
  routeConfiguration({ options }) {
    const { maxDirectResponseBodySizeBytes, mostSpecificHeaderMutationsWins, ignorePortInHostMatching } = options;
    const switches = mostSpecificHeaderMutationsWins || ignorePortInHostMatching;
    if (maxDirectResponseBodySizeBytes === undefined && !switches) return undefined;
    const fragment: RouteConfiguration = {
      maxDirectResponseBodySizeBytes: wrap(maxDirectResponseBodySizeBytes),
      mostSpecificHeaderMutationsWins,
      ...(ignorePortInHostMatching && { ignorePortInHostMatching }),
    };
    return { fragment };
  },
});
