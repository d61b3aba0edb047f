import { type Origin, refKey } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { TranslationContext } from "./context.ts";
import { Faults } from "./origins.ts";
import type { ClusterPiece, ListenerPiece, Piece, RouteConfigurationPiece } from "./pieces.ts";

/** The pieces in which to look. */
interface Pieces {
  readonly clusters: readonly ClusterPiece[];
  readonly routes: readonly RouteConfigurationPiece[];
  readonly listeners: readonly ListenerPiece[];
}

/** A warning for each route and TCP host that leads to an Upstream which is faulty, as in Gloo. `proxy` is its key. */
export function faultyDestinations(context: TranslationContext, proxy: string, pieces: Pieces): readonly Report[] {
  const rejected = pieces.clusters.filter((cluster) => cluster.rejected);
  if (rejected.length === 0) return [];
  const faulty = new Map(rejected.map(({ name, origin }) => [name, origin]));
  const leading = [...leadingTo(faulty, pieces)];
  return context.revision.table<string, readonly Report[]>("faultyDestinations").recall(
    proxy,
    [...rejected, ...leading],
    () => warnings(faulty, leading),
  );
}

function* leadingTo(faulty: ReadonlyMap<string, Origin>, { routes, listeners }: Pieces): Generator<Piece, void> {
  const isFaulty = (name: string) => faulty.has(name);
  for (const { virtualHosts } of routes) {
    for (const host of virtualHosts) {
      if (!host.clusters.some(isFaulty)) continue;
      for (const route of host.routes) if (route.refs.clusters?.some(isFaulty)) yield route;
    }
  }
  for (const { filterChains } of listeners) {
    for (const chain of filterChains) if (chain.refs.clusters?.some(isFaulty)) yield chain;
  }
}

function warnings(faulty: ReadonlyMap<string, Origin>, pieces: readonly Piece[]): readonly Report[] {
  const faults = new Faults();
  const told = new Set<string>();
  for (const { origin, refs } of pieces) {
    for (const name of refs.clusters ?? []) {
      const upstream = faulty.get(name);
      const key = `${refKey(origin)} ${origin.kind} ${origin.path} ${name}`;
      if (!upstream || told.has(key)) continue;
      told.add(key);
      faults.warning("SLUICE-1333", origin, `${upstream.kind} ${refKey(upstream)} is faulty; its status says why`);
    }
  }
  return faults.reports;
}
