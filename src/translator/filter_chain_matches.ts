import type { ListenerMatcher } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import { isIP } from "node:net";
import { isAddress } from "./addresses.ts";
import { at, type Faults, optionOrigin, reportAt } from "./origins.ts";
import type { FilterChainPiece } from "./pieces.ts";
import { sameBytes } from "./same_bytes.ts";
import type { OwnedSsl, Section } from "./sections.ts";
import type { Report } from "../report/mod.ts";

type FilterChainMatch = Message<"envoy.config.listener.v3.FilterChainMatch">;
type CidrRange = Message<"envoy.config.core.v3.CidrRange">;

/** The part of a match that all chains of a section share. */
export function sectionMatch({ matcher, place }: Section, faults: Faults): FilterChainMatch {
  if (matcher?.passthroughCipherSuites?.length) {
    faults.error("SLUICE-1304", at(place, "passthroughCipherSuites"), "passthroughCipherSuites are not served yet");
  }
  const sourcePrefixRanges = (matcher?.sourcePrefixRanges ?? []).map((range, i) => cidrRange(range, i, place, faults));
  return sourcePrefixRanges.length > 0 ? { sourcePrefixRanges } : {};
}

type Range = NonNullable<ListenerMatcher["sourcePrefixRanges"]>[number];

function cidrRange(
  { addressPrefix = "", prefixLen }: Range,
  index: number,
  place: Section["place"],
  faults: Faults,
): CidrRange {
  const origin = at(place, `sourcePrefixRanges[${index}]`);
  if (!isAddress(addressPrefix)) {
    faults.error("SLUICE-1318", origin, `${JSON.stringify(addressPrefix)} is not an IP address`);
  }
  const bits = isIP(addressPrefix) === 6 ? 128 : 32;
  if (prefixLen !== undefined && prefixLen > bits) {
    faults.error("SLUICE-1318", origin, `a prefix of ${addressPrefix} has at most ${bits} bits, not ${prefixLen}`);
  }
  return { addressPrefix, ...(prefixLen !== undefined && { prefixLen: { value: prefixLen } }) };
}

/** The server names of an ssl config in lower case, each once; none means every name. Envoy takes `*.` in front only. */
export function serverNames({ config, owner }: OwnedSsl, faults: Faults): string[] {
  const names = (config.sniDomains ?? []).map((name) => name.toLowerCase());
  names.forEach((name, i) => {
    if (/^(\*\.)?[^\s*]+$/.test(name)) return;
    const message = `${JSON.stringify(name)} is no server name; a * may only stand for a whole first label, and no ` +
      "sniDomains at all mean every name";
    faults.error("SLUICE-1318", optionOrigin(owner, "", `sniDomains[${i}]`), message);
  });
  return [...new Set(names)];
}

/** A filter chain with the keys of its match. */
export interface MatchedChain {
  readonly piece: FilterChainPiece;
  readonly keys: readonly MatchKey[];
}

/**
 * Rejects filter chains that match what one before them matches and are not the same otherwise: Envoy refuses a listener
 * with such a pair. The first keeps its match. Gateway translation has put those first that had it before.
 */
export function settleMatches(
  chains: readonly MatchedChain[],
): { readonly pieces: readonly FilterChainPiece[]; readonly reports: readonly Report[] } {
  const taken = new Map<string, FilterChainPiece>();
  const reports: Report[] = [];
  const settled = chains.map(({ piece, keys }): FilterChainPiece => {
    if (piece.bytes === undefined) return piece;
    const clash = keys.find(({ key }) => taken.has(key) && !sameBytes(taken.get(key)!.bytes, piece.bytes));
    if (!clash) {
      for (const { key } of keys) taken.set(key, piece);
      return piece;
    }
    const { kind, namespace, name } = taken.get(clash.key)!.origin;
    const message =
      `connections ${clash.text} are served already, with other settings, by ${kind} ${namespace}/${name}`;
    reports.push(reportAt("error", "SLUICE-1317", piece.origin, message));
    return { ...piece, rejected: "hold", bytes: undefined };
  });
  return { pieces: settled, reports };
}

/** A part of what a match lets in. */
export interface MatchKey {
  readonly key: string;
  /** For messages. */
  readonly text: string;
}

/** What a match lets in, as keys of which no two filter chains may have one in common. */
export function matchKeys(match: FilterChainMatch): MatchKey[] {
  const names = match.serverNames?.length ? match.serverNames : [""];
  const ranges = match.sourcePrefixRanges?.length ? match.sourcePrefixRanges.map(rangeText) : [""];
  const { serverNames: _names, sourcePrefixRanges: _ranges, ...rest } = match;
  return names.flatMap((name) =>
    ranges.map((range) => ({
      key: JSON.stringify([name, range, rest]),
      text: `${name === "" ? "with any server name" : `for ${name}`}${range === "" ? "" : ` from ${range}`}`,
    }))
  );
}

function rangeText({ addressPrefix, prefixLen }: CidrRange): string {
  return `${addressPrefix}/${prefixLen?.value ?? 0}`;
}
