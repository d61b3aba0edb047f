import { regexFault, regexMatcher, type Spec } from "../../api/mod.ts";
import type { Message } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import { headerTextFault } from "../header_checks.ts";
import type { CorsPolicy } from "./options.ts";

type EnvoyPolicy = Message<"envoy.extensions.filters.http.cors.v3.CorsPolicy">;
type StringMatcher = Message<"envoy.type.matcher.v3.StringMatcher">;

const LISTS = ["allowMethods", "allowHeaders", "exposeHeaders"] as const;

/** Reports what is wrong with the texts of a policy, its origins aside. */
export function checkTexts(policy: CorsPolicy, faults: Faults): void {
  for (const field of LISTS) {
    policy[field]?.forEach((text, i) => {
      const fault = text.trim() === "" ? "the text is empty" : headerTextFault(text);
      if (fault) faults.error("SLUICE-1426", `cors.${field}[${i}]`, fault);
    });
  }
  const { maxAge = "" } = policy;
  const fault = headerTextFault(maxAge);
  if (fault) {
    faults.error("SLUICE-1426", "cors.maxAge", fault);
  } else if (!/^(-1|\d*)$/.test(maxAge)) {
    const message = `browsers pass over a maxAge of ${JSON.stringify(maxAge)}; a number of seconds is wanted`;
    faults.warning("SLUICE-1426", "cors.maxAge", message);
  }
}

/**
 * Envoy's policy. What is left empty on a route, Envoy takes from the virtual host's policy, field by field; origins are
 * always there, so they are never mixed. `disableForRoute` needs no origin; without it at least one is wanted, as in Gloo.
 */
export function envoyPolicy(
  policy: CorsPolicy,
  disabled: boolean,
  settings: Spec<"Settings">,
  faults: Faults,
): EnvoyPolicy {
  const allowOriginStringMatch = origins(policy, settings, faults);
  if (!policy.allowOrigin?.length && !policy.allowOriginRegex?.length && !disabled) {
    faults.error("SLUICE-1425", "cors", "no origin is allowed: allowOrigin or allowOriginRegex is wanted");
  }
  checkTexts(policy, faults);
  return {
    allowOriginStringMatch,
    allowMethods: policy.allowMethods?.join(","),
    allowHeaders: policy.allowHeaders?.join(","),
    exposeHeaders: policy.exposeHeaders?.join(","),
    maxAge: policy.maxAge,
    allowCredentials: policy.allowCredentials ? { value: true } : undefined,
    filterEnabled: disabled ? { defaultValue: { numerator: 0, denominator: "HUNDRED" } } : undefined,
  };
}

function origins(policy: CorsPolicy, settings: Spec<"Settings">, faults: Faults): StringMatcher[] {
  const limit = settings.gloo?.regexMaxProgramSize || undefined;
  const matchers: StringMatcher[] = [];
  policy.allowOrigin?.forEach((exact, i) => {
    if (exact === "") {
      faults.error("SLUICE-1426", `cors.allowOrigin[${i}]`, "an origin such as https://a.com is wanted");
    }
    matchers.push({ exact });
  });
  policy.allowOriginRegex?.forEach((regex, i) => {
    const fault = regexFault(regex, limit);
    if (fault) faults.error("SLUICE-1413", `cors.allowOriginRegex[${i}]`, fault);
    else matchers.push({ safeRegex: regexMatcher(regex, limit) });
  });
  return matchers;
}
