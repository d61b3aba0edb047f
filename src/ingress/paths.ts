import { pathTextFault, type ProxyMatcher, regexFault } from "../api/mod.ts";
import { compareText } from "../gateway/mod.ts";
import type { IngressSettings } from "./settings.ts";

/** Which requests of a host a path takes. */
export interface PathMatch {
  readonly type: "exact" | "regex" | "prefix" | "default";
  /** A prefix without a slash at its end; "" for every path. */
  readonly text: string;
}

/** A default backend: it takes what nothing else of its host does. */
export const DEFAULT_PATH: PathMatch = { type: "default", text: "" };

/** What there is to say of a path that is not as it should be. */
export interface PathFault {
  readonly field: "path" | "pathType";
  readonly fault: string;
}

type Modes = Pick<IngressSettings, "regexPaths" | "regexMaxProgramSize">;

/**
 * What `path` and `pathType` ask for. Kubernetes leaves ImplementationSpecific to us: as Prefix. With `regexPaths` every path
 * is a regex for the whole path, and the type says nothing (Gloo).
 */
export function pathMatch(path: string, pathType: string | undefined, modes: Modes): PathMatch | PathFault {
  if (modes.regexPaths) return regexMatch(path, modes);
  if (pathType !== "Exact" && pathType !== "Prefix" && pathType !== "ImplementationSpecific") {
    const fault = pathType ? `there is no path type ${JSON.stringify(pathType)}` : "the path has no type";
    return { field: "pathType", fault: `${fault}; write Exact, Prefix or ImplementationSpecific` };
  }
  const isOptional = pathType === "ImplementationSpecific";
  const fault = path === "" && isOptional ? undefined : path.startsWith("/") ? pathTextFault(path) : startFault(path);
  if (fault) return { field: "path", fault };
  return pathType === "Exact" ? { type: "exact", text: path } : { type: "prefix", text: path.replace(/\/$/, "") };
}

function startFault(path: string): string {
  return `path ${JSON.stringify(path)} has to start with /`;
}

function regexMatch(path: string, { regexMaxProgramSize }: Modes): PathMatch | PathFault {
  if (path === "") return { type: "prefix", text: "" };
  const fault = regexFault(path, regexMaxProgramSize);
  return fault ? { field: "path", fault } : { type: "regex", text: path };
}

/** One word for what a path takes; the same for paths that take the same. */
export function wishOf({ type, text }: PathMatch): string {
  return type === "default" ? type : `${type}:${type === "prefix" && text === "" ? "/" : text}`;
}

export function matcherOf({ type, text }: PathMatch): ProxyMatcher {
  switch (type) {
    case "exact":
      return { exact: text };
    case "regex":
      return { regex: text };
    default:
      return text === "" ? { prefix: "/" } : { pathSeparatedPrefix: text };
  }
}

const RANKS = { exact: 0, regex: 1, prefix: 2, default: 3 } as const;

/**
 * The order in which paths of a host are tried: exact ones, then prefixes, then the default backend. Of one type the one
 * that is later in the alphabet is first, and so a longer prefix before the shorter ones in it (Gloo's order of regexes).
 */
export function comparePaths(a: PathMatch, b: PathMatch): number {
  return RANKS[a.type] - RANKS[b.type] || compareText(b.text, a.text);
}
