import type { Resource } from "./resource.ts";

/** One of a Service's ports. */
export type ServicePort = NonNullable<Resource<"Service">["spec"]["ports"]>[number];

/** The port of this number, or a sentence about why there is none. A number may be there twice, for TCP and for UDP. */
export function servicePort({ metadata, spec }: Resource<"Service">, port: number): ServicePort | string {
  const name = `Service ${metadata.namespace}/${metadata.name}`;
  const found = (spec.ports ?? []).filter((one) => one.port === port);
  if (found.length === 0) {
    const ports = (spec.ports ?? []).map((one) => one.port).join(", ");
    return `${name} has no port ${port} (it has ${ports || "none at all"})`;
  }
  return found.find(isTcp) ?? `port ${port} of ${name} is ${found[0]!.protocol}, and only TCP is served`;
}

/** TCP is what a port without a protocol speaks. */
export function isTcp({ protocol = "TCP" }: { readonly protocol?: string }): boolean {
  return protocol === "TCP";
}
