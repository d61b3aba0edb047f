import type { Buffer } from "node:buffer";
import { Client, type ClientDuplexStream, credentials, type ServiceError } from "@grpc/grpc-js";
import {
  ADS_PATH,
  contents,
  nodeBytes,
  requestBytes,
  resourceName,
  resourceValue,
  RESPONSE,
  responseHead,
  TYPE_URL,
  usesVhds,
  type XdsForm,
} from "./wire.ts";

export interface LightClientOptions {
  /** `127.0.0.1:9977` */
  readonly address: string;
  readonly form: XdsForm;
  readonly nodeId: string;
  /** node.metadata.role */
  readonly role: string;
  /** Each response as it came, after it was acknowledged. The buffer is the callee's to keep. */
  readonly onResponse: (typeUrl: string, response: Buffer) => void;
  /** The stream ended though nobody closed it. */
  readonly onEnd: (why: string) => void;
}

/** Bytes that Envoy lets a server have under way to it, by default. */
const ENVOY_WINDOW = 256 * 1024 * 1024;
const raw = (bytes: Buffer): Buffer => bytes;

/**
 * An xDS client that asks as Envoy does (clusters and their endpoints, listeners and their route configurations, virtual
 * hosts where those come by VHDS), acknowledges everything and decodes next to nothing. A connection of its own.
 */
export class LightClient {
  readonly #options: LightClientOptions;
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<Buffer, Buffer>;
  /** By type, what was asked for: the state of the world says it again in each request. */
  readonly #names = new Map<string, readonly string[]>();
  #closed = false;

  constructor(options: LightClientOptions) {
    this.#options = options;
    this.#client = new Client(options.address, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": -1,
      "grpc-node.flow_control_window": ENVOY_WINDOW,
    });
    this.#stream = this.#client.makeBidiStreamRequest(ADS_PATH[options.form], raw, raw);
    this.#stream.on("data", (response: Buffer) => this.#received(response));
    this.#stream.on("error", (error: ServiceError) => this.#ended(error.message));
    this.#stream.on("end", () => this.#ended("the server ended the stream"));
    this.#stream.write(requestBytes(options.form, {
      typeUrl: TYPE_URL.cluster,
      node: nodeBytes(options.nodeId, options.role),
    }));
    this.#names.set(TYPE_URL.cluster, []);
  }

  close(): void {
    this.#closed = true;
    this.#stream.cancel();
    this.#client.close();
  }

  #received(response: Buffer): void {
    const { form } = this.#options;
    const { typeUrl, nonce, version } = responseHead(response);
    const names = form === "sotw" ? this.#names.get(typeUrl) ?? [] : [];
    this.#stream.write(requestBytes(form, { typeUrl, nonce, version, names }));
    this.#askNext(typeUrl, response);
    this.#options.onResponse(typeUrl, response);
  }

  /** The first answer of a type names what Envoy asks for next. */
  #askNext(typeUrl: string, response: Buffer): void {
    if (typeUrl === TYPE_URL.cluster && !this.#names.has(TYPE_URL.listener)) {
      this.#ask(TYPE_URL.listener, []);
      this.#ask(TYPE_URL.endpoint, this.#resourceNames(response));
    } else if (typeUrl === TYPE_URL.listener && !this.#names.has(TYPE_URL.route)) {
      this.#ask(TYPE_URL.route, this.#resourceNames(response).map((name) => `${name}-routes`));
    } else if (typeUrl === TYPE_URL.route && !this.#names.has(TYPE_URL.virtualHost) && this.#options.form === "delta") {
      const resources = contents(response, RESPONSE.resources);
      if (resources.some((one) => usesVhds(resourceValue("delta", one)))) this.#ask(TYPE_URL.virtualHost, []);
    }
  }

  #resourceNames(response: Buffer): string[] {
    return contents(response, RESPONSE.resources).map((one) => resourceName(this.#options.form, one));
  }

  #ask(typeUrl: string, names: readonly string[]): void {
    this.#names.set(typeUrl, names);
    this.#stream.write(requestBytes(this.#options.form, { typeUrl, names }));
  }

  #ended(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.close();
    this.#options.onEnd(why);
  }
}
