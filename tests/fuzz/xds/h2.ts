/** HTTP/2 by hand, so that a client may say anything, also what no library says. */
import { joined } from "../bytes.ts";

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
};
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 };

export const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** The largest windows: the client never stops the server. */
const LARGEST_WINDOW = 0x7fffffff;
const DEFAULT_WINDOW = 65_535;
const INITIAL_WINDOW_SIZE = 4;

/** One frame. `length` says another length than the payload's. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array, length = payload.length) {
  const head = new Uint8Array(9);
  new DataView(head.buffer).setUint32(0, length * 256 + (type & 0xff));
  head[4] = flags;
  new DataView(head.buffer).setUint32(5, stream);
  return joined(head, payload);
}

/** What a client begins with. */
export function beginning(): Uint8Array {
  const settings = new Uint8Array(6);
  new DataView(settings.buffer).setUint16(0, INITIAL_WINDOW_SIZE);
  new DataView(settings.buffer).setUint32(2, LARGEST_WINDOW);
  return joined(
    PREFACE,
    frame(FRAME.settings, 0, 0, settings),
    frame(FRAME.windowUpdate, 0, 0, number32(LARGEST_WINDOW - DEFAULT_WINDOW)),
  );
}

export function number32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A block of headers, each a literal that nobody remembers. */
export function headerBlock(headers: readonly (readonly [string, string])[]): Uint8Array {
  return joined(...headers.flatMap(([name, value]) => [[0], text(name), text(value)]));
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  if (bytes.length < 127) return joined([bytes.length], bytes);
  const length: number[] = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push(rest % 128 + 128);
  return joined([...length, rest], bytes);
}

/** A gRPC message. `length` says another length than the message's, `flag` what else its head says. */
export function grpcMessage(bytes: Uint8Array, length = bytes.length, flag = 0): Uint8Array {
  return joined([flag], number32(length >>> 0), bytes);
}

/** A frame that came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

/** Cuts what comes in into frames. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array();

  *read(chunk: Uint8Array): Generator<Frame> {
    let bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    for (;;) {
      if (bytes.length < 9) break;
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const length = view.getUint32(0) >>> 8;
      if (bytes.length < 9 + length) break;
      yield {
        type: bytes[3]!,
        flags: bytes[4]!,
        stream: view.getUint32(5) & 0x7fffffff,
        payload: bytes.subarray(9, 9 + length),
      };
      bytes = bytes.subarray(9 + length);
    }
    this.#rest = bytes.slice();
  }
}
