import { createAuthority, issueCertificate, type KeyPair } from "../../src/certificates/mod.ts";
import type { KubeServer } from "./kube_server.ts";

/** Answers in the API server's place; undefined leaves the request to the API server. */
export type Instead = (request: Request) => Response | Promise<Response> | undefined;

/** A server in front of the API server, which hands all on to it but what a test answers otherwise. */
export class Front {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #client: Deno.HttpClient;
  readonly #ended = new AbortController();
  readonly #target: string;
  instead: Instead = () => undefined;

  private constructor(target: string, ca: string, readonly authority: string, own: KeyPair, port: number) {
    this.#client = Deno.createHttpClient({ caCerts: [ca] });
    const { signal } = this.#ended;
    const over = new Promise<Response>((resolve) =>
      signal.addEventListener("abort", () => resolve(new Response(null, { status: 503 })))
    );
    this.#server = Deno.serve({ hostname: "127.0.0.1", port, ...own, signal, onListen() {} }, async (request) => {
      const answer = Promise.resolve(this.instead(request) ?? this.handOn(request));
      return await Promise.race([answer, over]);
    });
    this.#target = target;
  }

  /** With an authority of its own each time. */
  static async of({ ready }: KubeServer, port = 0): Promise<Front> {
    const valid = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
    const authority = await createAuthority({ commonName: "front", ...valid });
    const own = await issueCertificate(authority, { commonName: "front", ipAddresses: ["127.0.0.1"], ...valid });
    return new Front(ready.url, await Deno.readTextFile(ready.ca), authority.cert, own, port);
  }

  /** What the API server answers. */
  async handOn(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const { method } = request;
    const headers = new Headers(request.headers);
    headers.delete("host");
    const body = request.body && await request.bytes();
    try {
      return await fetch(this.#target + pathname + search, { method, headers, body, client: this.#client });
    } catch {
      return new Response("the API server is away", { status: 502 });
    }
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Ends what is under way too. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.#client.close();
    await this.#server.finished;
  }
}
