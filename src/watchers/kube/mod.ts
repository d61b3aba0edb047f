/** The Kubernetes back end: resources from objects, and statuses into them. */
export { EventWriter } from "./event_writer.ts";
export { IngressStatusWriter } from "./ingress_status_writer.ts";
export { KubeStatusWriter } from "./status_writer.ts";
export { KubeView } from "./kube_view.ts";
export type { KubeViewOptions } from "./kube_view.ts";
export { objectsPath, SECRETS_OF_OTHERS, WATCHED_KINDS, watchedKind } from "./watched_kinds.ts";
