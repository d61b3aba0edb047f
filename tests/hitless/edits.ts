import type { Change, Edit, Editing } from "./edit.ts";
import {
  certificateRotated,
  gatewayChanged,
  gatewayOptionsChanged,
  secureServiceChanged,
  sharedCertificateChanged,
  tcpWeightsChanged,
  tlsParametersChanged,
} from "./listener_edits.ts";
import {
  backendSwapped,
  destinationsGrouped,
  hostOptionsChanged,
  routeAdded,
  routeOptionsChanged,
  routeRemoved,
  routeRenamed,
  routesReordered,
  sharedOptionsChanged,
  weightsChanged,
} from "./route_edits.ts";
import {
  domainMoved,
  fileMoved,
  routesDelegated,
  serviceAdded,
  serviceMoved,
  serviceRemoved,
  serviceRenamed,
} from "./service_edits.ts";
import {
  hostsChanged,
  linkTurned,
  linkTurnedWithChange,
  tcpHostsChanged,
  upstreamAdded,
  upstreamOptionsChanged,
  upstreamRemoved,
  upstreamRenamed,
  warmingChanged,
} from "./upstream_edits.ts";

/** How often each kind of edit comes, and what it does. */
const KINDS = [
  [6, "weights changed", weightsChanged],
  [6, "back end swapped", backendSwapped],
  [5, "routes reordered", routesReordered],
  [3, "route renamed", routeRenamed],
  [7, "route added", routeAdded],
  [5, "route removed", routeRemoved],
  [7, "route options changed", routeOptionsChanged],
  [5, "virtual host options changed", hostOptionsChanged],
  [4, "destinations in an UpstreamGroup or not", destinationsGrouped],
  [4, "VirtualHostOption added, changed or removed", sharedOptionsChanged],
  [10, "upstream added with a route", upstreamAdded],
  [6, "upstream removed with its routes", upstreamRemoved],
  [4, "upstream renamed with its routes", upstreamRenamed],
  [5, "static hosts changed", hostsChanged],
  [3, "static hosts of TCP changed", tcpHostsChanged],
  [4, "upstream options changed", upstreamOptionsChanged],
  [4, "upstream by address, by name or with health checks", warmingChanged],
  [4, "certificate rotated", certificateRotated],
  [4, "VirtualService added", serviceAdded],
  [4, "VirtualService removed", serviceRemoved],
  [4, "VirtualService renamed", serviceRenamed],
  [5, "VirtualService moved between gateways", serviceMoved],
  [4, "domain moved between VirtualServices", domainMoved],
  [3, "routes delegated to a RouteTable or taken back", routesDelegated],
  [3, "file moved", fileMoved],
  [2, "listener: TLS host added or removed", secureServiceChanged],
  [1, "listener: TLS host with a shared certificate added or removed", sharedCertificateChanged],
  [2, "listener: TLS parameters changed", tlsParametersChanged],
  [2, "listener: weights of a TCP host changed", tcpWeightsChanged],
  [1, "listener: options of a gateway changed", gatewayOptionsChanged],
  [1, "listener: gateway added or removed", gatewayChanged],
  // Sluice starts again inside for these.
  [1, "folder's link turned", linkTurned],
  [1, "folder's link turned with a change", linkTurnedWithChange],
] as const satisfies readonly (readonly [weight: number, kind: string, change: Change])[];

export type EditKind = (typeof KINDS)[number][1];
export const EDIT_KINDS: readonly EditKind[] = KINDS.map(([, kind]) => kind);
export const isEditKind = (text: string): text is EditKind => (EDIT_KINDS as readonly string[]).includes(text);

/** Makes a random valid edit of the world, of one of these kinds. */
export async function randomEdit(editing: Editing, kinds?: readonly EditKind[]): Promise<Edit> {
  const wanted = KINDS.filter(([, kind]) => kinds?.includes(kind) ?? true);
  const choices = wanted.map(([weight, kind, change]) =>
    [kinds ? Math.max(1, weight) : weight, () => ({ kind, change })] as const
  );
  for (;;) {
    const { kind, change }: { kind: EditKind; change: Change } = editing.random.weighed(choices);
    const done = await change(editing);
    if (done !== undefined) return { kind, listeners: [], touches: [], away: [], ...done };
  }
}
