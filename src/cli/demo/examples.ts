import apiRoutes from "../../../examples/api_routes.yaml" with { type: "text" };
import gateways from "../../../examples/gateways.yaml" with { type: "text" };
import hello from "../../../examples/hello.yaml" with { type: "text" };
import secure from "../../../examples/secure.yaml" with { type: "text" };
import upstreams from "../../../examples/upstreams.yaml" with { type: "text" };

/** What the demo serves, by the names of its files; part of the executable. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  "api_routes.yaml": apiRoutes,
  "gateways.yaml": gateways,
  "hello.yaml": hello,
  "secure.yaml": secure,
  "upstreams.yaml": upstreams,
};
