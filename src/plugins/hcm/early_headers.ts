import { any, type Message } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import { headersToAdd, headersToRemove, type SecretSource } from "../header_values.ts";
import type { HcmSettings } from "./options.ts";
import { PATH } from "./ranges.ts";

type Hcm = Message<"envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager">;

/** Changes of request headers ahead of the filters and of route matching: additions first, then removals, as in Gloo. */
export function earlyHeaders(
  { earlyHeaderManipulation: early }: HcmSettings,
  secrets: SecretSource,
  faults: Faults,
): Hcm["earlyHeaderMutationExtensions"] {
  if (!early) return undefined;
  const path = `${PATH}.earlyHeaderManipulation`;
  const added = headersToAdd(`${path}.headersToAdd`, early.headersToAdd, secrets, faults) ?? [];
  const removed = headersToRemove(`${path}.headersToRemove`, early.headersToRemove, faults) ?? [];
  if (added.length + removed.length === 0) return undefined;
  return [{
    name: "envoy.http.early_header_mutation.header_mutation",
    typedConfig: any("envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation", {
      mutations: [...added.map((append) => ({ append })), ...removed.map((remove) => ({ remove }))],
    }),
  }];
}
