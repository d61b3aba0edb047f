/**
 * Who makes Proxies, as the label `created_by` says: Gloo's gateway translator (since 1.17 `gloo-gateway`; before that
 * `gloo-gateway-translator`, and long ago `gateway`), its Ingress and Knative translators and its Kubernetes gateways.
 */
export const PROXY_MAKERS: readonly string[] = [
  "gateway",
  "gloo-gateway",
  "gloo-gateway-translator",
  "gloo-ingress",
  "gloo-knative",
  "gloo-knative-translator",
  "gloo-kube-gateway-api",
  "ingress",
  "knative",
];

/**
 * Whether a control plane made the Proxy of this metadata. Gloo keeps such Proxies with `gateway.persistProxySpec`, and those
 * of Ingresses always. They are nobody's wish: what they were made from is read, and they would outlive it.
 */
export function isMadeProxy({ labels }: { readonly labels?: Readonly<Record<string, string>> }): boolean {
  return labels?.created_by !== undefined && PROXY_MAKERS.includes(labels.created_by);
}
