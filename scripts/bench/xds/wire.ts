/**
 * The few fields of xDS messages that the light clients and the floor server touch, read and written without a codec.
 * Numbers are those of envoy/service/discovery/v3/discovery.proto.
 */
import { Buffer } from "node:buffer";

/** The two forms of xDS. */
export type XdsForm = "sotw" | "delta";

export const XDS_FORMS: readonly XdsForm[] = ["sotw", "delta"];

export const ADS_PATH: Readonly<Record<XdsForm, string>> = {
  sotw: "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
  delta: "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
};

export const TYPE_URL = {
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  endpoint: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
  route: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  virtualHost: "type.googleapis.com/envoy.config.route.v3.VirtualHost",
} as const;

/** In both responses: field of the resources, of the type and of the nonce. Delta: of removed names. */
export const RESPONSE = { version: 1, resources: 2, typeUrl: 4, nonce: 5 } as const;
/** envoy.service.discovery.v3.Resource */
const RESOURCE = { any: 2, name: 3 } as const;
/** google.protobuf.Any */
const ANY_VALUE = 2;
/** RouteConfiguration.vhds */
const ROUTE_VHDS = 9;

const LENGTH_DELIMITED = 2;

/** A field that is text, bytes or a message. */
export function field(number: number, value: string | Uint8Array): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return Buffer.concat([varint(number << 3 | LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push(value & 0x7f | 0x80);
  bytes.push(value);
  return Buffer.from(bytes);
}

/**
 * Calls back for each field that is text, bytes or a message, in order: its number, where its tag starts and where its
 * content starts and ends. Other fields are passed over. Throws a RangeError for what is no message.
 */
export function eachField(
  message: Uint8Array,
  callback: (number: number, start: number, from: number, to: number) => void,
): void {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError("a message ends too early");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is too long");
  };
  while (at < message.length) {
    const start = at;
    const tag = next();
    if ((tag & 7) === LENGTH_DELIMITED) {
      const length = next();
      const from = at;
      at += length;
      if (at > message.length) throw new RangeError("a message ends too early");
      callback(tag >>> 3, start, from, at);
    } else if ((tag & 7) === 0) next();
    else if ((tag & 7) === 1) at += 8;
    else if ((tag & 7) === 5) at += 4;
    else throw new RangeError(`there is no wire type ${tag & 7}`);
  }
}

/** Content of the last field of that number; empty where there is none. */
export function content(message: Buffer, number: number): Buffer {
  let found = message.subarray(0, 0);
  eachField(message, (one, _start, from, to) => {
    if (one === number) found = message.subarray(from, to);
  });
  return found;
}

/** Contents of all fields of that number. */
export function contents(message: Buffer, number: number): Buffer[] {
  const found: Buffer[] = [];
  eachField(message, (one, _start, from, to) => {
    if (one === number) found.push(message.subarray(from, to));
  });
  return found;
}

/** Type, nonce and version of a response of either form, its other fields passed over. */
export function responseHead(message: Buffer): { typeUrl: string; nonce: string; version: string } {
  const head = { typeUrl: "", nonce: "", version: "" };
  eachField(message, (number, _start, from, to) => {
    if (number === RESPONSE.typeUrl) head.typeUrl = message.toString("utf8", from, to);
    else if (number === RESPONSE.nonce) head.nonce = message.toString("utf8", from, to);
    else if (number === RESPONSE.version) head.version = message.toString("utf8", from, to);
  });
  return head;
}

/** The resource's own message. */
export function resourceValue(form: XdsForm, resource: Buffer): Buffer {
  return content(form === "delta" ? content(resource, RESOURCE.any) : resource, ANY_VALUE);
}

/** Every type that is served here has its name in field 1; a delta resource tells it besides. */
export function resourceName(form: XdsForm, resource: Buffer): string {
  return (form === "delta" ? content(resource, RESOURCE.name) : content(resourceValue(form, resource), 1)).toString();
}

/** Whether virtual hosts of this RouteConfiguration come by VHDS. */
export function usesVhds(routeConfiguration: Buffer): boolean {
  let found = false;
  eachField(routeConfiguration, (number) => {
    if (number === ROUTE_VHDS) found = true;
  });
  return found;
}

/** What a request asks for and answers. */
export interface Request {
  readonly typeUrl: string;
  /** State of the world: all names; delta: names to subscribe to. */
  readonly names?: readonly string[];
  /** An encoded node, in the first request. */
  readonly node?: Uint8Array;
  /** Of the response that is acknowledged. */
  readonly nonce?: string;
  /** Of that response, in the state of the world. */
  readonly version?: string;
}

/** Field numbers of the requests. */
export const REQUEST = {
  sotw: { version: 1, node: 2, names: 3, typeUrl: 4, nonce: 5, error: 6 },
  delta: { version: undefined, node: 1, names: 3, typeUrl: 2, nonce: 6, error: 7 },
} as const;

export function requestBytes(form: XdsForm, request: Request): Buffer {
  const numbers = REQUEST[form];
  const parts: Buffer[] = [];
  if (numbers.version !== undefined && request.version) parts.push(field(numbers.version, request.version));
  if (request.node !== undefined) parts.push(field(numbers.node, request.node));
  for (const name of request.names ?? []) parts.push(field(numbers.names, name));
  parts.push(field(numbers.typeUrl, request.typeUrl));
  if (request.nonce) parts.push(field(numbers.nonce, request.nonce));
  return Buffer.concat(parts);
}

/** envoy.config.core.v3.Node as an Envoy says it: id, role and user agent. */
export function nodeBytes(id: string, role: string): Buffer {
  const roleField = Buffer.concat([field(1, "role"), field(2, field(3, role))]);
  return Buffer.concat([field(1, id), field(3, field(1, roleField)), field(6, "envoy")]);
}
