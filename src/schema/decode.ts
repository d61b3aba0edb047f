import { KINDS } from "../api/mod.ts";
import type { AnyResource, Kind } from "../api/mod.ts";
import { makeReport, SOURCE_REF } from "../report/mod.ts";
import { isMapping } from "./compile.ts";
import type { Compiler } from "./compile.ts";
import type { CoreSpec, ParseText } from "./core_kinds.ts";
import { Cursor } from "./cursor.ts";
import type { DecodeHint, DecodeResource, DecodeResult } from "../report/mod.ts";
import { identify } from "./identify.ts";
import type { Identity } from "./identify.ts";
import { idOf, kubernetesMetadataDecoder, metadataDecoder } from "./metadata.ts";
import type { Registry } from "./registry.ts";
import { nameType } from "./scalar.ts";
import { specOfBare, specOfCore, specOfKubernetes, specOfManifest } from "./spec_part.ts";

import type { Fields } from "./shapes.ts";

type Document = Readonly<Record<string, unknown>>;
type Layout = Extract<Identity, { readonly layout: "manifest" | "bare" | "core" | "kubernetes" }>;

/** Makes the decoder of documents; see {@link DecodeResource}. */
export function createDecode(
  registry: Registry,
  { strict, lenient }: { readonly strict: Compiler; readonly lenient: Compiler },
  parseText: ParseText,
): DecodeResource {
  const fieldsOf = (kind: Kind) => registry.fieldsOf(KINDS[kind].spec);
  const decodeMetadata = metadataDecoder(strict);
  const decodeSome = kubernetesMetadataDecoder(lenient);

  function decodeOne(document: Document, identity: Layout, hint: DecodeHint): DecodeResult {
    const { kind, layout } = identity;
    const id = idOf(document, kind, hint);
    const at = new Cursor(kind === "Secret");
    const compiler = layout === "kubernetes" ? lenient : strict;
    const metadata = (layout === "kubernetes" ? decodeSome : decodeMetadata)(document.metadata, id, at);
    const found = specOf(document, identity, { fieldsOf, parseText, at });
    if (found && "skipped" in found) return { reports: [], skipped: found.skipped };
    const spec = found && compiler.compile(KINDS[kind].spec)(found.spec ?? {}, at);
    // Without a name it is not known which resource this is.
    const own = id.name === "" ? {} : { id };
    const reports = at.faults.map(({ severity, code, path, message }) => makeReport(severity, code, id, path, message));
    const specPath = identity.layout === "manifest" ? "spec" : "";
    if (reports.some(({ severity }) => severity === "error") || !spec) return { ...own, reports, specPath };
    return { resource: Object.freeze({ kind, metadata, spec }) as AnyResource, ...own, reports, specPath };
  }

  function decode(document: unknown, hint: DecodeHint): DecodeResult {
    if (document === null || document === undefined) return { reports: [] };
    if (!isMapping(document)) return notMapping(document);
    const identity = identify(document, hint, fieldsOf);
    switch (identity.layout) {
      case "other":
        return { reports: [], skipped: identity.name };
      case "list": {
        const items = document.items as readonly unknown[];
        return {
          reports: [],
          items: items.map((item, i) =>
            within(`items[${i}]`, isList(item) ? NESTED : decode(item, { defaultNamespace: hint.defaultNamespace }))
          ),
        };
      }
      case "unclear": {
        const ref = identity.kind ? idOf(document, identity.kind, hint) : SOURCE_REF;
        return { reports: [makeReport("error", "SLUICE-1008", ref, identity.path, identity.message)], specPath: "" };
      }
      default:
        return decodeOne(document, identity, hint);
    }
  }

  return decode;
}

interface Reading {
  readonly fieldsOf: (kind: Kind) => Fields;
  readonly parseText: ParseText;
  readonly at: Cursor;
}

function specOf(document: Document, { layout, kind }: Layout, { fieldsOf, parseText, at }: Reading): CoreSpec {
  switch (layout) {
    case "core":
      return specOfCore(document, kind, at, parseText);
    case "kubernetes":
      return { spec: specOfKubernetes(document, kind) };
    case "bare":
      return { spec: specOfBare(document, kind, at) };
    case "manifest":
      return { spec: specOfManifest(document, fieldsOf(kind), at) };
  }
}

const isList = (item: unknown): boolean => isMapping(item) && Array.isArray(item.items);
const NESTED: DecodeResult = { reports: [], skipped: "a List inside a List" };

function notMapping(document: unknown): DecodeResult {
  const message = `expected a mapping, got ${nameType(document)}`;
  return { reports: [makeReport("error", "SLUICE-1003", SOURCE_REF, "", message)], specPath: "" };
}

function within(prefix: string, result: DecodeResult): DecodeResult {
  return { ...result, specPath: result.specPath ? `${prefix}.${result.specPath}` : prefix };
}
