import type { AnyResource, ResourceId } from "../../api/mod.ts";
import { makeReport, SOURCE_REF } from "../../report/mod.ts";
import type { Code, Location, Report } from "../../report/mod.ts";
import type { DecodeHint, DecodeResource, DecodeResult } from "../../report/mod.ts";
import { locator, parseYaml, placeOf, splitDocuments } from "../yaml/mod.ts";
import type { DocumentText, Place } from "../yaml/mod.ts";
import type { PlaceHint } from "./layout.ts";

/** What one document of a file gave; each item of a `kind: List` counts as one. */
export interface ReadDocument {
  /** Number among the documents of the file, from 0. */
  readonly index: number;
  /** Where its text stands in the file; see {@link locateIn}. */
  readonly part: number;
  readonly specPath: string;
  /** Line of the file at which its content starts. */
  readonly line: number;
  readonly resource?: AnyResource;
  /** Identity, where it could be read. */
  readonly id?: ResourceId;
  /** Which resource the file's place names, where the file holds this document alone and that tells no identity. */
  readonly placeId?: ResourceId;
  /** With places. Without `resource` and `id`, somebody who knows more may put another `ref` in. */
  readonly reports: readonly Report[];
}

export interface Reading {
  /** Path of the file, for reports. */
  readonly file: string;
  readonly hint: PlaceHint;
  readonly defaultNamespace: string;
  readonly decode: DecodeResource;
}

/** Reads every document of a file by itself, so that a bad one spoils no other. A blank file has none. */
export function readDocuments(bytes: Uint8Array, reading: Reading): ReadDocument[] {
  const { text, damaged } = decodeText(bytes);
  const parts = splitDocuments(text);
  const hint = hintFor(reading, parts.length);
  const found: ReadDocument[] = [];
  for (const [part, document] of parts.entries()) {
    const broken = damaged ? document.text.indexOf(REPLACEMENT) : -1;
    const read = broken === -1
      ? readPart(document, part, hint, reading)
      : faulty(document, part, reading, "SLUICE-1103", {
        ...placeOf(document.text, broken),
        message: "this is not UTF-8",
      });
    const line = document.linesBefore + firstLine(document.text);
    for (const one of read) found.push({ ...one, line, index: found.length });
  }
  const placeId = placeIdOf(hint);
  return found.map((one) => placeId && found.length === 1 && !one.id ? { ...one, placeId } : one);
}

/** The place of a path of a resource that {@link readDocuments} found; undefined where the file has changed too much. */
export function locateIn(document: DocumentText, file: string, specPath: string, path: string) {
  return placeIn(document, file)(specPath, path);
}

/** The texts of a file's documents; `part` of {@link ReadDocument} counts them. */
export function documentsIn(bytes: Uint8Array): DocumentText[] {
  return splitDocuments(decodeText(bytes).text);
}

/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = "\uFFFD";

const STRICT = new TextDecoder("utf-8", { fatal: true });

function decodeText(bytes: Uint8Array): { readonly text: string; readonly damaged: boolean } {
  try {
    return { text: STRICT.decode(bytes), damaged: false };
  } catch {
    return { text: new TextDecoder().decode(bytes), damaged: true };
  }
}

/** A file's name names a resource only where there is one resource in it. */
function hintFor({ hint, defaultNamespace }: Reading, documents: number): DecodeHint {
  const { name: _name, ...rest } = hint;
  return documents === 1 ? { ...hint, defaultNamespace } : { ...rest, defaultNamespace };
}

const placeIdOf = ({ kind, namespace, name }: DecodeHint): ResourceId | undefined =>
  kind && namespace && name ? { kind, namespace, name } : undefined;

/** The line, from 1, of what is neither blank nor a comment nor a bare mark. */
function firstLine(text: string): number {
  const content = /^(?![ \t]*(?:#|\r?$)|---[ \t\r]*$|%)/m.exec(text);
  return placeOf(text, content?.index ?? 0).line;
}

type ReadPart = Omit<ReadDocument, "index" | "line">;

function readPart(document: DocumentText, part: number, hint: DecodeHint, reading: Reading): ReadPart[] {
  const parsed = parseYaml(document.text);
  if ("fault" in parsed) return faulty(document, part, reading, "SLUICE-1001", parsed.fault);
  const place = placeIn(document, reading.file);
  return flatten(reading.decode(parsed.value, hint)).map((result) => toPart(result, part, place));
}

function faulty(
  document: DocumentText,
  part: number,
  { file }: Reading,
  code: Code,
  { line, column, message }: Place & { readonly message: string },
): ReadPart[] {
  const location = { file, line: line + document.linesBefore, column };
  return [{ part, specPath: "", reports: [{ ...makeReport("error", code, SOURCE_REF, "", message), location }] }];
}

function toPart({ resource, id, reports, specPath = "" }: DecodeResult, part: number, place: Placing): ReadPart {
  const placed = reports.map((report) => {
    const location = place(specPath, report.path);
    return location ? { ...report, location } : report;
  });
  return { part, specPath, ...(resource ? { resource } : {}), ...(id ? { id } : {}), reports: placed };
}

const flatten = (result: DecodeResult): readonly DecodeResult[] => result.items?.flatMap(flatten) ?? [result];

type Placing = (specPath: string, path: string) => Location | undefined;

function placeIn(document: DocumentText, file: string): Placing {
  let find: ReturnType<typeof locator> | undefined;
  return (specPath, path) => {
    find ??= locator(document.text);
    const outside = specPath.replace(/(^|\.)spec$/, "");
    const [inSpec, atTop] = [find(join(path === "" ? outside : specPath, path)), find(join(outside, path))];
    const best = atTop?.whole && !inSpec?.whole ? atTop : inSpec;
    return best && { file, line: best.line + document.linesBefore, column: best.column };
  };
}

const join = (a: string, b: string): string => a === "" || b === "" || b.startsWith("[") ? a + b : `${a}.${b}`;
