/** What a source and the decoder say to each other: the decoder is handed to sources, which know no schema. */
import type { AnyResource, Kind, ResourceId } from "../api/mod.ts";
import type { Report } from "./report.ts";

/** What the place of a document says about it: Gloo's directory layout names no kind in the file. */
export interface DecodeHint {
  readonly kind?: Kind;
  readonly namespace?: string;
  readonly name?: string;
  /** Namespace for a document that names none. */
  readonly defaultNamespace: string;
}

/** Either a resource, or reports alone, with the identity as far as it could be read. */
export interface DecodeResult {
  readonly resource?: AnyResource;
  readonly id?: ResourceId;
  readonly reports: readonly Report[];
  /**
   * What the document is where it is none of Sluice's business: `apps/v1 Deployment`. A directory of manifests often
   * holds such; nothing is wrong with them, so they are no report, but a source can count and name them.
   */
  readonly skipped?: string;
  /** Of a `kind: List`: what each of its items gave. Nothing else is set then. */
  readonly items?: readonly DecodeResult[];
  /**
   * Where paths of reports start in the document: `spec` in a manifest, "" in a bare message, `items[2].spec` in a
   * List. A path that starts with `metadata` is never below `spec`.
   */
  readonly specPath?: string;
}

/** Decodes one document. Pure; what it gives is deep-frozen and shares nothing with the document. */
export type DecodeResource = (document: unknown, hint: DecodeHint) => DecodeResult;
