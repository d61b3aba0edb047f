/** ResourceClients: where resources come from. */
export type { FormerRecords, Interest, JsonValue, ResourceClient, SourceRecords, Transaction } from "./contract.ts";
export { createDirectoryClient, createFileStatusWriter } from "./file/mod.ts";
export type { DirectoryClientOptions, DirectoryRoot } from "./file/mod.ts";
export {
  EventWriter,
  IngressStatusWriter,
  KubeStatusWriter,
  KubeView,
  objectsPath,
  SECRETS_OF_OTHERS,
  WATCHED_KINDS,
  watchedKind,
} from "./kube/mod.ts";
export { dumpYaml, locator, parseYaml, splitDocuments } from "./yaml/mod.ts";
export type { DocumentText, PathPlace, Place, YamlResult } from "./yaml/mod.ts";
