/** For tests: Services as the decoder gives them, and the real decoder with all plugins. */
import type { Resource, Spec } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { createSchema } from "../schema/mod.ts";
import { discoveryRules } from "./rules.ts";
import type { DiscoveryRules } from "./rules.ts";

export const { decode } = createSchema(plugins);

type Metadata = Partial<Resource<"Service">["metadata"]>;

/** `shop/pets` with port 80, where nothing else is said. */
export function service(
  spec: Spec<"Service"> = { ports: [{ port: 80 }] },
  metadata: Metadata = {},
): Resource<"Service"> {
  return { kind: "Service", metadata: { name: "pets", namespace: "shop", ...metadata }, spec };
}

/** As {@link service} on ports 80 and 443, with annotations after `gloo.solo.io/`. */
export function annotated(annotations: Readonly<Record<string, string>>): Resource<"Service"> {
  const full = Object.entries(annotations).map(([name, value]) => [`gloo.solo.io/${name}`, value]);
  return service({ ports: [{ port: 80 }, { port: 443 }] }, { annotations: Object.fromEntries(full) });
}

export function rules(settings: Spec<"Settings"> = {}): DiscoveryRules {
  const settingsId = { kind: "Settings", namespace: "gloo-system", name: "default" } as const;
  return discoveryRules({ settings, settingsId, writeNamespace: "gloo-system", decode });
}
