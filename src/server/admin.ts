import { formatAddress, parseAddress } from "../address/mod.ts";

/** What the admin pages show; handed in by the wiring. Values are printed as JSON through {@link replacer}. */
export interface AdminSources {
  /** What to answer to who asks whether Sluice serves; undefined where it does not yet. */
  ready(): string | undefined;
  metrics(): Promise<string>;
  input(): unknown;
  proxies(): unknown;
  /** EnvoySnapshot of a role, or of the client with that node id; undefined where there is neither. */
  xds(node: string): unknown;
  roles(): readonly string[];
  status(): unknown;
  clients(): unknown;
  /** Hides secrets; made anew for each answer. */
  replacer(): (key: string, value: unknown) => unknown;
}

export interface AdminServer {
  /** `host:port` as bound. */
  readonly address: string;
  /** Takes no more requests, and waits `graceMs` at most for answers under way: their readers may never end. Default 1000. */
  close(graceMs?: number): Promise<void>;
}

const PAGES: Readonly<Record<string, string>> = {
  "/healthz": "200 while the process works",
  "/readyz": "200 while something is served: from the state at first, after the first sync from the sources; else 503",
  "/metrics": "metrics in Prometheus' format",
  "/status": "state, reasons and messages of every resource",
  "/clients": "every Envoy: what it was sent and what it acknowledged",
  "/snapshots/input": "the ApiSnapshot: what was read",
  "/snapshots/proxies": "the Proxies that Gateways became",
  "/snapshots/xds": "the EnvoySnapshot of ?node=ROLE or NODE-ID",
};

/** Serves the admin pages over HTTP. Throws where the address cannot be bound. */
export function startAdminServer(address: string, sources: AdminSources): AdminServer {
  const bind = parseAddress(address);
  if (!bind || "path" in bind) throw new Error(`admin address ${address}: it should be HOST:PORT`);
  const server = Deno.serve(
    { hostname: bind.host, port: bind.port, onListen: () => {} },
    (request) => answer(request, sources),
  );
  const { hostname, port } = server.addr as Deno.NetAddr;
  return {
    address: formatAddress({ host: hostname, port }),
    async close(graceMs = 1_000) {
      const { promise: patience, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, graceMs);
      await Promise.race([server.shutdown(), patience]);
      clearTimeout(timer);
    },
  };
}

async function answer(request: Request, sources: AdminSources): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") return text("only GET is answered here\n", 405);
  // A request line may hold anything, `GET http://[ HTTP/1.1` too.
  const url = URL.parse(request.url);
  if (url === null) return text("this is no address\n", 400);
  switch (url.pathname) {
    case "/":
      return text(Object.entries(PAGES).map(([path, what]) => `${path.padEnd(20)} ${what}\n`).join(""));
    case "/healthz":
      return text("ok\n");
    case "/readyz": {
      const ready = sources.ready();
      return ready === undefined ? text("not ready: the first sync is not done\n", 503) : text(`${ready}\n`);
    }
    case "/metrics":
      return text(await sources.metrics());
    case "/status":
      return json(sources.status(), sources);
    case "/clients":
      return json(sources.clients(), sources);
    case "/snapshots/input":
      return json(sources.input(), sources);
    case "/snapshots/proxies":
      return json(sources.proxies(), sources);
    case "/snapshots/xds":
      return xdsPage(url.searchParams.get("node"), sources);
    default:
      return text(`there is no page ${url.pathname}; / lists them\n`, 404);
  }
}

function xdsPage(node: string | null, sources: AdminSources): Response {
  const roles = sources.roles().join(", ") || "none";
  if (node === null) return text(`say which: /snapshots/xds?node=ROLE or NODE-ID; roles: ${roles}\n`, 400);
  const snapshot = sources.xds(node);
  return snapshot === undefined
    ? text(`there is no role or client ${node}; roles: ${roles}\n`, 404)
    : json(snapshot, sources);
}

function text(body: string, status = 200): Response {
  return new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

function json(value: unknown, sources: AdminSources): Response {
  const body = JSON.stringify(value, sources.replacer(), 2) + "\n";
  return new Response(body, { headers: { "content-type": "application/json" } });
}
