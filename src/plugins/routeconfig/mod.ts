import { type Message, wrap } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { routeConfigurationOptions } from "./options.ts";

type RouteConfiguration = Message<"envoy.config.route.v3.RouteConfiguration">;

/** A Gateway's `routeOptions`: what holds for all its virtual hosts. Gloo: part of its route translator. */
export const plugin = definePlugin({
  name: "routeconfig",
  options: { routeConfiguration: routeConfigurationOptions },
  routeConfiguration({ options: { maxDirectResponseBodySizeBytes, mostSpecificHeaderMutationsWins } }) {
    if (maxDirectResponseBodySizeBytes === undefined && !mostSpecificHeaderMutationsWins) return undefined;
    const fragment: RouteConfiguration = {
      maxDirectResponseBodySizeBytes: wrap(maxDirectResponseBodySizeBytes),
      mostSpecificHeaderMutationsWins,
    };
    return { fragment };
  },
});
