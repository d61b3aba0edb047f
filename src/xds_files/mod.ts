/** EnvoySnapshots as files that Envoys read themselves, so that they need no control plane to start. */
export { type Copies, type CopiesOptions, keepCopies, writeCopy } from "./copies.ts";
export { CLUSTERS_FILE, LISTENERS_FILE, roleFolder } from "./layout.ts";
