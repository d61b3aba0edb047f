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
import { idOf, metadataDecoder } from "./metadata.ts";
import type { Registry } from "./registry.ts";
import { nameType } from "./scalar.ts";
import { specOfBare, specOfCore, specOfManifest } from "./spec_part.ts";

type Document = Readonly<Record<string, unknown>>;
type Layout = Extract<Identity, { readonly layout: "manifest" | "bare" | "core" }>;

/** Makes the decoder of documents; see {@link DecodeResource}. */
export function createDecode(registry: Registry, compiler: Compiler, parseText: ParseText): DecodeResource {
  const fieldsOf = (kind: Kind) => registry.fieldsOf(KINDS[kind].spec);
  const decodeMetadata = metadataDecoder(compiler);

  function specOf(document: Document, identity: Layout, at: Cursor): CoreSpec {
    const { layout, kind } = identity;
    if (layout === "core") return specOfCore(document, kind, at, parseText);
    return {
      spec: layout === "bare" ? specOfBare(document, kind, at) : specOfManifest(document, fieldsOf(kind), at),
    };
  }

  function decodeOne(document: Document, identity: Layout, hint: DecodeHint): DecodeResult {
    const { kind } = identity;
    const id = idOf(document, kind, hint);
    const at = new Cursor(kind === "Secret");
    const metadata = decodeMetadata(document.metadata, id, at);
    const found = specOf(document, identity, at);
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
        return { reports: [], items: items.map((item, i) => within(`items[${i}]`, decodeItem(item, hint))) };
      }
      case "unclear": {
        const ref = identity.kind ? idOf(document, identity.kind, hint) : SOURCE_REF;
        return { reports: [makeReport("error", "SLUICE-1008", ref, identity.path, identity.message)], specPath: "" };
      }
      default:
        return decodeOne(document, identity, hint);
    }
  }

  function decodeItem(item: unknown, { defaultNamespace }: DecodeHint): DecodeResult {
    if (!isMapping(item) || !Array.isArray(item.items)) return decode(item, { defaultNamespace });
    return { reports: [], skipped: "a List inside a List" };
  }

  return decode;
}

function notMapping(document: unknown): DecodeResult {
  const message = `expected a mapping, got ${nameType(document)}`;
  return { reports: [makeReport("error", "SLUICE-1003", SOURCE_REF, "", message)], specPath: "" };
}

function within(prefix: string, result: DecodeResult): DecodeResult {
  return { ...result, specPath: result.specPath ? `${prefix}.${result.specPath}` : prefix };
}
