import { type Lookup, type ProxyRoute, type Ref, refKey, type Resource, type Spec } from "../api/mod.ts";
import type { Code } from "../report/mod.ts";

export type IngressBackend = NonNullable<Spec<"Ingress">["defaultBackend"]>;

/** Where requests go, and why nowhere, if so. */
export interface Backend {
  readonly action: Pick<ProxyRoute, "routeAction" | "directResponseAction">;
  readonly fault?: {
    readonly severity: "error" | "warning";
    readonly code: Code;
    readonly at: string;
    readonly text: string;
  };
}

/** So that requests do not fall to a shorter path instead. */
const UNAVAILABLE: Backend["action"] = { directResponseAction: { status: 503 } };
const ANSWERED = "requests are answered 503";

/** The Service of a backend, which is one of the Ingress' namespace; 503 where there is none, until there is. */
export function backendOf({ service, resource }: IngressBackend, namespace: string, lookup: Lookup): Backend {
  if (!service?.name) {
    return resource
      ? broken(
        "error",
        "SLUICE-1273",
        "resource",
        `a backend can only be a Service, not a ${resource.kind ?? "resource"}`,
      )
      : broken("error", "SLUICE-1273", "service", "a backend needs service.name and service.port");
  }
  const { name: portName, number } = service.port ?? {};
  if (!portName && !number) {
    return broken("error", "SLUICE-1273", "service.port", "a backend needs a port: its name or number");
  }
  const ref = { namespace, name: service.name };
  const found = lookup.get("Service", ref);
  if (!found) {
    return broken(
      "warning",
      "SLUICE-1274",
      "service.name",
      `Service ${refKey(ref)} is not there; until it is, ${ANSWERED}`,
    );
  }
  const port = portNumber(found, portName, number);
  if (port !== undefined) return { action: toService(ref, port) };
  const named = portName ? JSON.stringify(portName) : String(number);
  return broken(
    "warning",
    "SLUICE-1274",
    "service.port",
    `Service ${refKey(ref)} has no port ${named}, only ${portsText(found)}; ${ANSWERED}`,
  );
}

function toService(ref: Ref, port: number): Backend["action"] {
  return { routeAction: { single: { kube: { ref, port } } } };
}

/** A Service that is another name for a host need not list its ports. */
function portNumber(
  { spec }: Resource<"Service">,
  name: string | undefined,
  number: number | undefined,
): number | undefined {
  const { type, ports = [] } = spec;
  if (name) return ports.find((port) => port.name === name)?.port;
  return ports.some(({ port }) => port === number) || type === "ExternalName" ? number : undefined;
}

function portsText({ spec: { ports = [] } }: Resource<"Service">): string {
  return ports.map(({ name, port }) => name ? `${port} (${name})` : String(port)).join(", ") || "none at all";
}

function broken(severity: "error" | "warning", code: Code, at: string, text: string): Backend {
  return {
    action: UNAVAILABLE,
    fault: { severity, code, at, text: severity === "error" ? `${text}; ${ANSWERED}` : text },
  };
}
