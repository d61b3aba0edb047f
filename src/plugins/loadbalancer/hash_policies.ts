import { duration, type Message } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import { headerNameFault } from "../header_checks.ts";
import type { HashPolicy } from "./options.ts";

type EnvoyHashPolicy = Message<"envoy.config.route.v3.RouteAction.HashPolicy">;
type Cookie = NonNullable<HashPolicy["cookie"]>;

/** Characters of a token (RFC 9110): names of cookies are made of them. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Envoy's form of `lbHash.hashPolicies`, in their order. */
export function hashPolicies(policies: readonly HashPolicy[], faults: Faults): EnvoyHashPolicy[] {
  return policies.map((policy, i) => {
    const path = `lbHash.hashPolicies[${i}]`;
    return { ...specifier(policy, path, faults), ...(policy.terminal && { terminal: true }) };
  });
}

function specifier({ header, cookie, sourceIp }: HashPolicy, path: string, faults: Faults): EnvoyHashPolicy {
  if (header !== undefined) {
    const fault = headerNameFault(header);
    if (fault) faults.error("SLUICE-1465", `${path}.header`, fault);
    return { header: { headerName: header } };
  }
  if (cookie !== undefined) return { cookie: cookiePolicy(cookie, `${path}.cookie`, faults) };
  if (sourceIp !== undefined) return { connectionProperties: { sourceIp } };
  faults.error("SLUICE-1465", path, "header, cookie or sourceIp is wanted");
  return {};
}

function cookiePolicy(
  { name = "", ttl, path }: Cookie,
  at: string,
  faults: Faults,
): NonNullable<EnvoyHashPolicy["cookie"]> {
  if (!TOKEN.test(name)) {
    const message = `${JSON.stringify(name)} is no name of a cookie: letters, digits and !#$%&'*+-.^_\`|~ are allowed`;
    faults.error("SLUICE-1465", `${at}.name`, message);
  }
  faults.notNegative("SLUICE-1465", `${at}.ttl`, ttl);
  // deno-lint-ignore no-control-regex
  if (path && /[;\x00-\x1f\x7f]/.test(path)) {
    faults.error("SLUICE-1465", `${at}.path`, "a cookie's path holds no semicolon and no control character");
  }
  return { name, ...(ttl !== undefined && { ttl: duration(ttl) }), ...(path && { path }) };
}
