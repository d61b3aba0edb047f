import type { ByteStream } from "./byte_stream.ts";

/** The frames of a websocket that a test needs: short texts, both ways. */
export class WebSocketFrames {
  readonly #stream: ByteStream;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Sends a text of at most 125 bytes, masked as clients must. */
  async send(text: string): Promise<void> {
    const payload = new TextEncoder().encode(text);
    const mask = crypto.getRandomValues(new Uint8Array(4));
    const frame = new Uint8Array(6 + payload.length);
    frame.set([0x81, 0x80 | payload.length, ...mask]);
    frame.set(payload.map((byte, i) => byte ^ mask[i % 4]!), 6);
    await this.#stream.write(frame);
  }

  /** The next text. Throws where something else comes, such as the other side's farewell. */
  async receive(): Promise<string> {
    const [kind, length] = await this.#stream.bytes(2);
    const payload = await this.#stream.bytes(length!);
    if (kind !== 0x81) throw new Error(`a websocket frame of kind ${kind! & 0xf}: ${[...payload].join(" ")}`);
    return new TextDecoder().decode(payload);
  }

  /** Ends the connection without a farewell. */
  close(): void {
    this.#stream.close();
  }
}
