import type { Certificate } from "../../scripts/certificates.ts";
import { startTcpEcho, type TcpEcho } from "./tcp_echo.ts";

/** What answers behind the Envoys, by name. */
export interface Backends {
  /** Of back ends that speak HTTP; `<name> TLS`: the same over TLS. */
  readonly http: ReadonlyMap<string, number>;
  /** Of back ends that send back what they get. */
  readonly tcp: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** How long an answer to a health check takes, in milliseconds: so long does a cluster with health checks warm. */
const HEALTH_DELAY_MS = 150;

/**
 * HTTP back ends answer with their name and the request's header `x-form`. A path may ask for more:
 * - `/retry`: 503 to the first try, so that Envoy tries again;
 * - `/ws`: a websocket that sends back what it gets;
 * - `/health`: takes a while;
 * - `/long`: the head of the answer at once, the rest after longer than a removed cluster stays.
 */
export function startBackends(
  httpNames: readonly string[],
  tcpNames: readonly string[],
  { cert, key }: Certificate,
): Backends {
  const servers = httpNames.flatMap((name) => [
    { name, server: serve(name) },
    { name: `${name} TLS`, server: serve(name, { cert, key }) },
  ]);
  const echoes: readonly (readonly [string, TcpEcho])[] = tcpNames.map((name) => [name, startTcpEcho()]);
  return {
    http: new Map(servers.map(({ name, server }) => [name, server.addr.port])),
    tcp: new Map(echoes.map(([name, { port }]) => [name, port])),
    stop: async () => {
      await Promise.all([...servers.map(({ server }) => server.shutdown()), ...echoes.map(([, echo]) => echo.stop())]);
    },
  };
}

const LONG_MS = 7_000;

/** A body that comes after a while. */
function late(text: string, ms: number): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new ReadableStream({
    start: (controller) => {
      timer = setTimeout(() => {
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
      }, ms);
    },
    cancel: () => clearTimeout(timer),
  });
}

function serve(name: string, tls?: Certificate): Deno.HttpServer<Deno.NetAddr> {
  const where = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const answer = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    if (path === "/ws") {
      const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    }
    if (path === "/health") await new Promise((resolve) => setTimeout(resolve, HEALTH_DELAY_MS));
    if (path === "/long") {
      return new Response(late(`${name} -`, LONG_MS), { headers: { "content-length": `${name.length + 2}` } });
    }
    const firstTry = path === "/retry" && request.headers.get("x-envoy-attempt-count") === "1";
    return new Response(`${name} ${request.headers.get("x-form") ?? "-"}`, { status: firstTry ? 503 : 200 });
  };
  return tls ? Deno.serve({ ...where, ...tls }, answer) : Deno.serve(where, answer);
}
