/** The directory back end: resources from files. */
export { createDirectoryClient } from "./directory_client.ts";
export type { DirectoryClientOptions } from "./directory_client.ts";
export type { DirectoryRoot } from "./layout.ts";
export { createFileStatusWriter } from "./status_writer.ts";
