import type { Message } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import { literalFormat } from "../format_text.ts";
import type { CorsPolicy } from "./options.ts";
import { checkTexts } from "./policy.ts";

type HeaderValueOption = Message<"envoy.config.core.v3.HeaderValueOption">;

/**
 * CORS headers of a direct response: plain ones, as in Gloo, because Envoy's filter leaves direct responses alone. They
 * cannot depend on the request's origin, so a warning says where more than one origin, or a regex, is allowed.
 */
export function directResponseHeaders(policy: CorsPolicy, faults: Faults): HeaderValueOption[] {
  checkTexts(policy, faults);
  const { allowOrigin = [], allowOriginRegex = [] } = policy;
  const origins = [...new Set([...allowOrigin, ...allowOriginRegex])];
  if (origins.length === 0) {
    faults.error("SLUICE-1425", "cors", "no origin is allowed: allowOrigin is wanted");
  } else if (origins.length > 1 || allowOriginRegex.length > 0) {
    const message = "a direct response cannot choose among origins; browsers understand one origin, or *";
    faults.warning("SLUICE-1427", "cors", message);
  }
  const header = (key: string, value: string | undefined): HeaderValueOption[] =>
    value ? [{ header: { key, value: literalFormat(value) } }] : [];
  return [
    ...header("access-control-allow-origin", origins.join(",")),
    ...header("access-control-allow-methods", policy.allowMethods?.join(",")),
    ...header("access-control-allow-headers", policy.allowHeaders?.join(",")),
    ...header("access-control-expose-headers", policy.exposeHeaders?.join(",")),
    ...header("access-control-max-age", policy.maxAge),
    ...header("access-control-allow-credentials", policy.allowCredentials ? "true" : undefined),
  ];
}
