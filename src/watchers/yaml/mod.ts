/** YAML as Gloo reads it: documents, values, and places for messages. */
export { dumpYaml } from "./js_yaml.ts";
export { locator } from "./locate.ts";
export type { PathPlace } from "./locate.ts";
export { parseYaml } from "./parse_yaml.ts";
export type { YamlResult } from "./parse_yaml.ts";
export { placeOf } from "./place.ts";
export type { Place } from "./place.ts";
export { splitDocuments } from "./split_documents.ts";
export type { DocumentText } from "./split_documents.ts";
