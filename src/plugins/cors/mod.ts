import { any, type Message } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { directResponseHeaders } from "./direct_response.ts";
import { routeOptions, virtualHostOptions } from "./options.ts";
import { envoyPolicy } from "./policy.ts";

type Route = Message<"envoy.config.route.v3.Route">;
type VirtualHost = Message<"envoy.config.route.v3.VirtualHost">;

const FILTER = "envoy.filters.http.cors";
const POLICY = "envoy.extensions.filters.http.cors.v3.CorsPolicy";

/**
 * Cross-origin resource sharing. The filter is in every connection manager, idle until a virtual host or route brings a
 * policy, so that policies come and go without a change of the listener. Errors: no origin, a bad regex, unusable text.
 * Gloo: the plugin `cors`.
 */
export const plugin = definePlugin({
  name: "cors",
  options: { virtualHost: virtualHostOptions, route: routeOptions },

  httpFilters: () => ({
    fragment: [{
      name: FILTER,
      place: { stage: "Cors", side: "during" },
      config: any("envoy.extensions.filters.http.cors.v3.Cors", {}),
    }],
  }),

  virtualHost({ options: { cors }, allSettings }) {
    if (!cors) return undefined;
    const faults = new Faults();
    if (cors.disableForRoute) {
      const message = "disableForRoute has no effect on a virtual host; leave cors out to have none";
      faults.warning("SLUICE-1427", "cors.disableForRoute", message);
    }
    const policy = envoyPolicy(cors, false, allSettings, faults);
    return faults.result<VirtualHost>({ typedPerFilterConfig: { [FILTER]: any(POLICY, policy) } });
  },

  route({ options: { cors }, route, allSettings }) {
    if (!cors) return undefined;
    const faults = new Faults();
    if (route.routeAction !== undefined) {
      const policy = envoyPolicy(cors, cors.disableForRoute ?? false, allSettings, faults);
      return faults.result<Route>({ typedPerFilterConfig: { [FILTER]: any(POLICY, policy) } });
    }
    if (route.directResponseAction === undefined) {
      faults.warning("SLUICE-1410", "cors", "cors has no effect here: the route forwards to no upstream");
      return { reports: faults.reports };
    }
    if (cors.disableForRoute) return undefined;
    return faults.result<Route>({ responseHeadersToAdd: directResponseHeaders(cors, faults) });
  },
});
