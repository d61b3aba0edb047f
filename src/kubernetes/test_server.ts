import { createMetrics, systemClock } from "../telemetry/mod.ts";
import { ApiClient } from "./api_client.ts";
import type { CredentialsSource } from "./credentials.ts";

/** An API server that says what a test wants it to, and a client of it. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly api: ApiClient;
  /** What was asked for: `GET /path?query`. */
  readonly asked: string[];
}

/** Without credentials of one's own, those without any headers. */
export async function testServer(
  answer: (request: Request, url: URL) => Response | Promise<Response>,
  credentials?: (url: string) => CredentialsSource,
): Promise<TestServer> {
  const asked: string[] = [];
  const ended = new AbortController();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, signal: ended.signal, onListen() {} }, (request) => {
    const url = new URL(request.url);
    asked.push(`${request.method} ${url.pathname}`);
    return answer(request, url);
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const given = { server: url, headers: {} };
  const source = credentials?.(url) ?? { current: () => Promise.resolve(given), renew() {} };
  const metrics = await createMetrics();
  const api = new ApiClient({ credentials: source, userAgent: "test", clock: systemClock, metrics });
  return {
    ...{ url, api, asked },
    async [Symbol.asyncDispose]() {
      api.close();
      ended.abort();
      await server.finished;
    },
  };
}

/** The answer to a watch: what is pushed is sent, piece by piece. */
export function watchAnswer() {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
  });
  return {
    response: new Response(body, { headers: { "content-type": "application/json" } }),
    push: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
    end: () => controller.close(),
  };
}
