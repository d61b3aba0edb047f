/** Translator plugins: the contract that they keep, and the registry of all there are. One folder each. */
export * from "./contract.ts";
export { externalNameFault } from "./kubernetes/external_name.ts";
export { needsPods } from "./kubernetes/pod_labels.ts";
export { plugins } from "./registry.gen.ts";
