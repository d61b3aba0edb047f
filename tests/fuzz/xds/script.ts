/** What a client says on a connection, as text that people can read and change, and as the bytes that it becomes. */
import { fromJson } from "../../../src/envoy/mod.ts";
import { joined } from "../bytes.ts";
import { beginning, FLAG, FRAME, frame, grpcMessage, headerBlock, number32 } from "./h2.ts";

/** A message: a request of one of the two forms, or bytes. */
export interface MessageScript {
  readonly sotw?: unknown;
  readonly delta?: unknown;
  /** In base64. */
  readonly bytes?: string;
  /** Bytes of the encoded message to change: where, and what to xor. */
  readonly damage?: readonly (readonly [number, number])[];
  /** The length that its head says, where that is not true. */
  readonly length?: number;
  /** The first byte of its head; 1 says that it is compressed. */
  readonly flag?: number;
  /** Where it is cut in two frames. */
  readonly cut?: number;
}

/** How a stream is ended by the client: it stops asking, resets it, or leaves that to the end of the connection. */
export type StreamEnd = "half" | "reset" | "none";

export interface StreamScript {
  /** `envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources` */
  readonly path: string;
  /** In place of the usual ones; an empty value leaves one out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly messages: readonly MessageScript[];
  readonly end: StreamEnd;
}

/** Streams of one connection, whose messages take turns; or bytes as they are, in base64. */
export type Script = { readonly streams: readonly StreamScript[] } | { readonly raw: string };

/** Reads a script; what is none is taken as bytes to send. */
export function readScript(input: Uint8Array): Script {
  try {
    const script = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(input)) as Script;
    if ("raw" in script ? typeof script.raw === "string" : script.streams.every((one) => Array.isArray(one.messages))) {
      return script;
    }
  } catch {
    // Then it is bytes.
  }
  return { raw: input.toBase64() };
}

/** Streams of a client have odd numbers. */
export const streamId = (index: number): number => 2 * index + 1;

/** All that the client says before it ends its streams. */
export function bytesOfScript(script: Script): Uint8Array {
  if ("raw" in script) return Uint8Array.fromBase64(script.raw);
  const { streams } = script;
  const parts = [
    beginning(),
    ...streams.map(({ path, headers = {} }, index) => opening(path, headers, streamId(index))),
  ];
  const turns = Math.max(0, ...streams.map(({ messages }) => messages.length));
  for (let turn = 0; turn < turns; turn++) {
    streams.forEach(({ messages }, index) => {
      const message = messages[turn];
      if (message) parts.push(...framesOf(message, streamId(index)));
    });
  }
  return joined(...parts);
}

/** How the client ends its streams. */
export function endings(script: Script): Uint8Array {
  if ("raw" in script) return new Uint8Array();
  return joined(...script.streams.map(({ end }, index) => {
    if (end === "half") return frame(FRAME.data, FLAG.endStream, streamId(index), new Uint8Array());
    return end === "reset" ? frame(FRAME.reset, 0, streamId(index), number32(8)) : [];
  }));
}

function opening(path: string, headers: Readonly<Record<string, string>>, id: number): Uint8Array {
  const all: Record<string, string> = {
    ":method": "POST",
    ":scheme": "http",
    ":authority": "xds",
    ":path": `/${path}`,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  };
  const block = headerBlock(Object.entries(all).filter(([, value]) => value !== ""));
  return frame(FRAME.headers, FLAG.endHeaders, id, block);
}

function framesOf(message: MessageScript, id: number): Uint8Array[] {
  const bytes = contentOf(message).slice();
  for (const [at, xor] of message.damage ?? []) if (bytes.length > 0) bytes[at % bytes.length]! ^= xor;
  const whole = grpcMessage(bytes, message.length, message.flag);
  const parts: Uint8Array[] = [];
  const cut = Math.min(message.cut ?? 0, whole.length);
  // A frame has at most 16 KiB.
  for (let at = 0; at < whole.length;) {
    const end = at < cut ? Math.min(cut, at + 16_384) : at + 16_384;
    parts.push(frame(FRAME.data, 0, id, whole.subarray(at, end)));
    at = end;
  }
  return parts;
}

function contentOf({ sotw, delta, bytes = "" }: MessageScript): Uint8Array {
  if (sotw !== undefined) return fromJson("envoy.service.discovery.v3.DiscoveryRequest", sotw);
  if (delta !== undefined) return fromJson("envoy.service.discovery.v3.DeltaDiscoveryRequest", delta);
  return Uint8Array.fromBase64(bytes);
}
