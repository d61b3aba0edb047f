import { idKey, type Kind, KINDS, type Origin, type ProxyRoute } from "../api/mod.ts";
import { type Code, makeReport, type Report, type Severity } from "../report/mod.ts";

/** Provenance of a piece of a Proxy, as gateway translation wrote it down. */
export type Provenance = ProxyRoute["metadataStatic"];

/** Whose YAML a piece of a Proxy is. */
export interface Owner {
  readonly origin: Origin;
  /** Names the piece across edits. */
  readonly key: string;
  /** By top-level option field, the options object that it was written in, where that is not the owner's own. */
  readonly optionSources: Readonly<Record<string, Origin>>;
}

/**
 * The owner that `metadataStatic` tells; for a Proxy that a user wrote, its place in the Proxy and a key made of that. What
 * most have no need of is not made for each of thousands of routes.
 */
export function ownerOf(
  metadata: Provenance,
  placeOf: () => Origin,
  keyOf: (place: Origin) => string = keyAt,
): Owner {
  const origin = sourceOf(metadata) ?? placeOf();
  const sources = metadata?.optionSources;
  return { origin, key: metadata?.key || keyOf(placeOf()), optionSources: sources ? originsOf(sources) : NO_SOURCES };
}

const NO_SOURCES: Owner["optionSources"] = {};

function originsOf(sources: Readonly<Record<string, Source>>): Owner["optionSources"] {
  const origins: Record<string, Origin> = {};
  for (const [field, source] of Object.entries(sources)) {
    const from = originOf(source);
    if (from) origins[field] = from;
  }
  return origins;
}

/** Where the piece was written, as far as it is known. */
export function sourceOf(metadata: Provenance): Origin | undefined {
  const source = metadata?.sources?.[0];
  return source && originOf(source);
}

interface Source {
  readonly resourceRef?: { readonly name?: string; readonly namespace?: string };
  readonly resourceKind?: string;
  readonly path?: string;
}

/** Gloo writes kinds as Go types, `*v1.VirtualService`. */
function originOf({ resourceRef, resourceKind = "", path = "" }: Source): Origin | undefined {
  const kind = resourceKind.slice(resourceKind.lastIndexOf(".") + 1);
  if (!resourceRef?.name || !(kind in KINDS)) return undefined;
  return { kind: kind as Kind, namespace: resourceRef.namespace ?? "", name: resourceRef.name, path };
}

/** A key for what has none: the resource and the place in it. */
function keyAt(origin: Origin): string {
  return origin.path === "" ? idKey(origin) : `${idKey(origin)}#${origin.path}`;
}

/** The place below `origin`: `at(origin, "options.cors")`. */
export function at(origin: Origin, path: string): Origin {
  return { ...origin, path: joinPath(origin.path, path) };
}

function joinPath(above: string, below: string): string {
  if (above === "" || below === "" || below.startsWith("[")) return above + below;
  return `${above}.${below}`;
}

/** True where two places are in the same resource. */
export function sameResource(a: Origin, b: Origin): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

/** Where a field of the owner's options was written; `path` starts at the options object, which is at `optionsPath`. */
export function optionOrigin(owner: Owner, optionsPath: string, path: string): Origin {
  const field = /^[^.[]*/.exec(path)![0];
  const elsewhere = owner.optionSources[field];
  return elsewhere ? at(elsewhere, path) : at(owner.origin, joinPath(optionsPath, path));
}

export function reportAt(severity: Severity, code: Code, origin: Origin, message: string): Report {
  return makeReport(severity, code, origin, origin.path, message);
}

/** Collects what is wrong with one piece. Local to the translation of that piece. */
export class Faults {
  readonly reports: Report[] = [];

  error(code: Code, origin: Origin, message: string): void {
    this.reports.push(reportAt("error", code, origin, message));
  }

  warning(code: Code, origin: Origin, message: string): void {
    this.reports.push(reportAt("warning", code, origin, message));
  }

  add(reports: readonly Report[]): void {
    this.reports.push(...reports);
  }

  /** True as soon as one report is an error: the piece is rejected. */
  get failed(): boolean {
    return this.reports.some(({ severity }) => severity === "error");
  }
}
