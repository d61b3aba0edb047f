import type { Spec } from "../api/mod.ts";
import { type AnnotationName, ANNOTATIONS, type AnnotationSet } from "./annotations.ts";

type SslConfig = NonNullable<Spec<"Upstream">["sslConfig"]>;
type TlsName = "tlsSecret" | "tlsCert" | "tlsKey" | "tlsRootCa" | "oneWayTls";

const FILES = ["tlsCert", "tlsKey", "tlsRootCa"] as const;
/** As Gloo reads them, in any case. */
const SWITCHES: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

/** A value, and the port that it is for; all ports where it names none. */
interface PortValue {
  readonly value: string;
  readonly port?: number;
}

/**
 * How each port of a Service speaks TLS by the annotations `gloo.solo.io/sslService.…`, whose values are `VALUE` for all
 * ports or `PORT:VALUE`: with a Secret of the Service's namespace, or with files on Envoy's machine. Where both are said
 * the Secret counts, as in Gloo. A port that is not in the result speaks plainly.
 */
export function tlsByPort(set: AnnotationSet, namespace: string, ports: readonly number[]): Map<number, SslConfig> {
  const values = new Map<TlsName, PortValue>();
  for (const name of ["tlsSecret", ...FILES, "oneWayTls"] as const) {
    const value = portValue(set, ANNOTATIONS[name], ports);
    if (value && (name !== "oneWayTls" || isSwitch(set, value.value))) values.set(name, value);
  }
  const at = (name: TlsName, port: number): string | undefined => {
    const found = values.get(name);
    return found && (found.port === undefined || found.port === port) ? found.value : undefined;
  };
  const found = ports.flatMap((port): [number, SslConfig][] => {
    const source = sourceAt((name) => at(name, port), namespace);
    const oneWay = at("oneWayTls", port);
    return source ? [[port, { ...source, ...(oneWay && { oneWayTls: SWITCHES[oneWay.toLowerCase()] }) }]] : [];
  });
  tellIdle(set, ports, at);
  return new Map(found);
}

/** The Secret or the files that the annotations at a port name. */
function sourceAt(at: (name: TlsName) => string | undefined, namespace: string): SslConfig | undefined {
  const secret = at("tlsSecret");
  if (secret) return { secretRef: { name: secret, namespace } };
  const files = {
    ...(at("tlsCert") && { tlsCert: at("tlsCert") }),
    ...(at("tlsKey") && { tlsKey: at("tlsKey") }),
    ...(at("tlsRootCa") && { rootCa: at("tlsRootCa") }),
  };
  return Object.keys(files).length > 0 ? { sslFiles: files } : undefined;
}

function portValue(set: AnnotationSet, name: AnnotationName, ports: readonly number[]): PortValue | undefined {
  const text = set.get(name);
  if (!text) {
    if (text === "") set.fault(name, "this is empty; write VALUE, or PORT:VALUE for one port");
    return undefined;
  }
  const parts = text.split(":");
  // As in Gloo, a text with more colons is a value.
  if (parts.length !== 2) return { value: text };
  const [port, value] = parts as [string, string];
  if (!/^\d{1,5}$/.test(port) || value === "") {
    set.fault(
      name,
      `${JSON.stringify(text)} is no PORT:VALUE; write a value for all ports, or ${ports[0]}:VALUE for one`,
    );
    return undefined;
  }
  if (ports.includes(Number(port))) return { value, port: Number(port) };
  set.idle(name, `the Service has no port ${port}; it has ${ports.join(", ")}`);
  return undefined;
}

function isSwitch(set: AnnotationSet, value: string): boolean {
  if (Object.hasOwn(SWITCHES, value.toLowerCase())) return true;
  set.fault(ANNOTATIONS.oneWayTls, `${JSON.stringify(value)} is neither "true" nor "false"`);
  return false;
}

/** Tells of annotations that no port goes by. */
function tellIdle(
  set: AnnotationSet,
  ports: readonly number[],
  at: (name: TlsName, port: number) => string | undefined,
): void {
  for (const name of FILES) {
    const named = ports.filter((port) => at(name, port));
    if (named.length > 0 && named.every((port) => at("tlsSecret", port))) {
      set.idle(ANNOTATIONS[name], `this has no effect beside ${ANNOTATIONS.tlsSecret}; leave one of them out`);
    }
  }
  const named = ports.filter((port) => at("oneWayTls", port));
  if (named.length > 0 && !named.some((port) => (["tlsSecret", ...FILES] as const).some((name) => at(name, port)))) {
    set.idle(ANNOTATIONS.oneWayTls, `this has no effect without ${ANNOTATIONS.tlsSecret} or files`);
  }
}
