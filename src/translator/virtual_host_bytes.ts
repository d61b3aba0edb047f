import type { RoutePiece } from "./pieces.ts";
import { textBytes } from "./text_bytes.ts";

/** Field numbers in `envoy.config.route.v3.VirtualHost`; below 16, so that a tag is one byte. */
const DOMAINS = 2;
const ROUTES = 3;
const TAG_BYTES = 1;
/** Protobuf's wire type of strings and messages. */
const LENGTH_DELIMITED = 2;

/** A whole virtual host of its frame, domains and encoded routes. */
export function virtualHostBytes(
  frame: Uint8Array,
  domains: readonly string[],
  routes: readonly Uint8Array[],
): Uint8Array {
  const names = domains.map(textBytes);
  const whole = new Uint8Array(frame.length + sizeOf(names) + sizeOf(routes));
  whole.set(frame);
  const end = writeFields(whole, frame.length, DOMAINS, names);
  writeFields(whole, end, ROUTES, routes);
  return whole;
}

function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0;
  for (const { length } of parts) size += TAG_BYTES + lengthBytes(length) + length;
  return size;
}

/** Writes the parts as fields of this number, from `offset` on; gives where they end. */
function writeFields(into: Uint8Array, offset: number, field: number, parts: readonly Uint8Array[]): number {
  let at = offset;
  for (const part of parts) {
    into[at++] = field << 3 | LENGTH_DELIMITED;
    let rest = part.length;
    for (; rest >= 0x80; rest >>>= 7) into[at++] = rest & 0x7f | 0x80;
    into[at++] = rest;
    into.set(part, at);
    at += part.length;
  }
  return at;
}

/** A good virtual host with all its bytes in one piece of memory. */
export interface PackedVirtualHost {
  readonly joined: Uint8Array;
  /** Part of `joined`, as the routes' are. */
  readonly frame: Uint8Array;
  readonly routes: readonly RoutePiece[];
}

/** Joins a virtual host, and lets its frame and routes be parts of the whole, so that nothing is in memory twice. */
export function packVirtualHost(
  frame: Uint8Array,
  domains: readonly string[],
  routes: readonly RoutePiece[],
): PackedVirtualHost {
  const joined = virtualHostBytes(frame, domains, routes.flatMap(({ bytes }) => bytes ?? []));
  let end = joined.length;
  const packed = routes.toReversed().map((route): RoutePiece => {
    if (!route.bytes) return route;
    const { length } = route.bytes;
    const bytes = joined.subarray(end - length, end);
    end -= length + lengthBytes(length) + TAG_BYTES;
    return { ...route, bytes };
  });
  return { joined, frame: joined.subarray(0, frame.length), routes: packed.toReversed() };
}

/** How many bytes the length of a field takes. */
function lengthBytes(length: number): number {
  let bytes = 1;
  for (let rest = length; rest >= 0x80; rest >>>= 7) bytes++;
  return bytes;
}
