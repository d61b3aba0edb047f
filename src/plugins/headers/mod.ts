import type { Message } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import type { HookResult } from "../contract.ts";
import { Faults } from "../faults.ts";
import { headersToAdd, headersToRemove, type SecretSource } from "../header_values.ts";
import { type HeaderManipulation, options } from "./options.ts";

type VirtualHost = Message<"envoy.config.route.v3.VirtualHost">;
/** The fields that virtual hosts, routes and weighted clusters have in common. */
type HeaderFields = Pick<
  VirtualHost,
  "requestHeadersToAdd" | "requestHeadersToRemove" | "responseHeadersToAdd" | "responseHeadersToRemove"
>;

/** Envoy's limit on a list of headers to add. */
const MOST_HEADERS = 1000;

/**
 * Adds and removes headers on virtual hosts, routes and weighted destinations. Errors: names and values that Envoy
 * refuses, `:` headers and Host, a missing secret. Gloo: the plugin `headers`; unlike there, a bad entry does not leave
 * the route served without its headers.
 */
export const plugin = definePlugin({
  name: "headers",
  options: { virtualHost: options, route: options, weightedDestination: options },
  virtualHost: (input) => manipulation(input.options.headerManipulation, input),
  route: (input) => manipulation(input.options.headerManipulation, input),
  weightedDestination: (input) => manipulation(input.options.headerManipulation, input),
});

function manipulation(
  headers: HeaderManipulation | undefined,
  secrets: SecretSource,
): HookResult<HeaderFields> | undefined {
  if (!headers) return undefined;
  const faults = new Faults();
  const path = (field: keyof HeaderManipulation) => `headerManipulation.${field}`;
  const fragment: HeaderFields = {
    requestHeadersToAdd: headersToAdd(
      path("requestHeadersToAdd"),
      headers.requestHeadersToAdd,
      secrets,
      faults,
    ),
    requestHeadersToRemove: headersToRemove(path("requestHeadersToRemove"), headers.requestHeadersToRemove, faults),
    responseHeadersToAdd: headersToAdd(path("responseHeadersToAdd"), headers.responseHeadersToAdd, undefined, faults),
    responseHeadersToRemove: headersToRemove(path("responseHeadersToRemove"), headers.responseHeadersToRemove, faults),
  };
  for (const field of ["requestHeadersToAdd", "responseHeadersToAdd"] as const) {
    const count = fragment[field]?.length ?? 0;
    if (count <= MOST_HEADERS) continue;
    faults.error("SLUICE-1421", path(field), `${count} headers; Envoy adds ${MOST_HEADERS} at most`);
  }
  return faults.result(fragment);
}
