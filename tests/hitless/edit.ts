import type { Certificate } from "../../scripts/certificates.ts";
import type { Random } from "../incremental/random.ts";
import type { GatewayName } from "./render.ts";
import type { DestinationForm, ServiceForm, UpstreamForm, World } from "./world.ts";

/** What an edit is made with. */
export interface Editing {
  readonly world: World;
  readonly random: Random;
  /** A certificate for `<host>.test`. */
  readonly certify: (host: string, commonName: string) => Promise<Certificate>;
  /** A number that no edit had before. */
  readonly fresh: () => number;
}

/** What an edit did to the world, and what it may do to traffic. */
export interface Edit {
  readonly kind: string;
  readonly what: string;
  /** Gateways whose listeners themselves are changed by it. */
  readonly listeners: readonly GatewayName[];
  /** Groups of connections that such a listener may drain. */
  readonly touches: readonly string[];
  /** `<gateway>/<host>` that are served no more and so must not be asked from before it. */
  readonly away: readonly string[];
}

/** Changes the world; undefined where there is nothing to which it could be done. */
export type Change = (editing: Editing) => Done | undefined | Promise<Done | undefined>;
export interface Done extends Partial<Omit<Edit, "kind">> {
  readonly what: string;
}

/** VirtualServices that may be edited. */
export function editable({ world }: Editing): [host: string, service: ServiceForm][] {
  return [...world.services].filter(([, { bystander }]) => !bystander);
}

export function pickService(editing: Editing): ServiceForm {
  return editing.random.pick(editable(editing))[1];
}

/** Upstreams of HTTP that routes may be led to. */
export function httpUpstreams({ world }: Editing): [name: string, upstream: UpstreamForm][] {
  return [...world.upstreams].filter(([name, { protocol }]) => protocol === "http" && name !== "stay");
}

/** Those that edits added and may take away again. */
export function ownUpstreams(editing: Editing): [name: string, upstream: UpstreamForm][] {
  return httpUpstreams(editing).filter(([name]) => name.startsWith("n"));
}

/** VirtualServices with a route to the upstream. */
export function usersOf({ world }: Editing, upstream: string): ServiceForm[] {
  return [...world.services.values()].filter(({ routes }) =>
    routes.some(({ to }) => to.some((part) => part.upstream === upstream))
  );
}

/** One destination, or several with weights, at least one of them above zero; none of `without`. */
export function someDestinations(editing: Editing, without: readonly string[] = []): DestinationForm[] {
  const { random } = editing;
  const names = httpUpstreams(editing).map(([name]) => name).filter((name) => !without.includes(name));
  const first = { upstream: random.pick(names), weight: 1 + random.below(9) };
  const others = names.filter((name) => name !== first.upstream && random.oneIn(3)).slice(0, 2);
  return [first, ...others.map((upstream) => ({ upstream, weight: random.below(10) }))];
}
