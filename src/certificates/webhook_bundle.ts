/** A ValidatingWebhookConfiguration, as far as it matters here. */
export interface WebhookConfiguration {
  readonly resourceVersion: string;
  /** `clientConfig.caBundle` of each of its webhooks, in their order: base64, as the API server gives it. */
  readonly bundles: readonly (string | undefined)[];
}

/** One step of a JSON patch (RFC 6902). */
export interface PatchStep {
  readonly op: "replace" | "add";
  readonly path: string;
  readonly value: string;
}

/** The ValidatingWebhookConfigurations of a cluster. Rejects with the API server's words where it says no. */
export interface WebhookStore {
  /** Undefined where there is none of this name. */
  get(name: string): Promise<WebhookConfiguration | undefined>;
  /** Patches it with `application/json-patch+json`; a conflict where it is another than it was (409), or gone. */
  patch(name: string, steps: readonly PatchStep[]): Promise<"patched" | "conflict">;
}

/** The authorities as `clientConfig.caBundle` has them: base64 of their PEM. */
export function caBundleOf(authorities: string): string {
  return btoa(authorities);
}

/**
 * What makes all webhooks of a configuration trust `caBundle`; nothing where they do, or where there are none. A patch that
 * names a resourceVersion is refused where the object has another.
 */
export function bundlePatch({ bundles, resourceVersion }: WebhookConfiguration, caBundle: string): PatchStep[] {
  const steps = bundles.flatMap((present, index): PatchStep[] =>
    present === caBundle ? [] : [{ op: "add", path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }]
  );
  if (steps.length === 0) return [];
  return [{ op: "replace", path: "/metadata/resourceVersion", value: resourceVersion }, ...steps];
}

/** Patches one configuration where it is due. Gives false where somebody else changed it at the same time: then look again. */
export async function keepWebhookBundle(store: WebhookStore, name: string, caBundle: string): Promise<boolean> {
  const present = await store.get(name);
  const steps = present === undefined ? [] : bundlePatch(present, caBundle);
  return steps.length === 0 || await store.patch(name, steps) === "patched";
}
