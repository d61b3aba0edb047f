/** What the tests of Gloo's behaviour share: Sluice with an Envoy, TLS as a client sees it, back ends that tell what they see. */
import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { request as httpsRequest } from "node:https";
import { type EnvoyOptions, type RunningEnvoy, startEnvoy, waitFor } from "./harness.ts";
import { type RunningSluice, type SluiceOptions, startSluice, type StatusEntry } from "./product.ts";

/** A reference into the namespace of the tests. */
export const ref = (name: string): { name: string; namespace: string } => ({ name, namespace: "gloo-system" });

/** Runs `check` with Sluice and an Envoy; where it fails, their logs go with the error. Ends both. */
export async function withEnvoy(
  options: SluiceOptions & { readonly envoy?: Partial<EnvoyOptions> },
  check: (sluice: RunningSluice, envoy: RunningEnvoy) => Promise<void>,
): Promise<void> {
  const sluice = await startSluice(options);
  try {
    const envoy = await startEnvoy({ xds: sluice.xds, ...options.envoy });
    try {
      await check(sluice, envoy);
    } catch (error) {
      throw new Error(`${String(error)}\n${sluice.log()}\n${warnings(envoy.log())}`, { cause: error });
    } finally {
      await envoy.stop();
    }
  } finally {
    await sluice.stop();
  }
}

function warnings(log: string): string {
  return log.split("\n").filter((line) => /\[(warning|error|critical)\]/.test(line)).join("\n");
}

/** Waits until `ask` gives `expected`; tells what it gave last. */
export async function until(what: string, ask: () => Promise<unknown>, expected: unknown): Promise<void> {
  await waitFor(what, async () => {
    assert.deepEqual(await ask(), expected);
    return true;
  });
}

/** Waits for a state of a resource. */
export async function statusIs(
  sluice: RunningSluice,
  kind: string,
  name: string,
  state: StatusEntry["state"],
): Promise<StatusEntry> {
  return await waitFor(`${kind} ${name} to be ${state}`, async () => {
    const status = await sluice.status(kind, name);
    if (status?.state !== state) throw new Error(JSON.stringify(status));
    return status;
  });
}

/** What a client of an https listener may say. */
export interface TlsRequest {
  /** Server name; undefined sends none. */
  readonly sni?: string;
  /** Host header. Default: the server name. */
  readonly host?: string;
  readonly ca: string;
  /** The client's certificate. */
  readonly client?: { readonly cert: string; readonly key: string };
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TlsAnswer {
  readonly status: number;
  readonly body: string;
  /** Of the server's certificate. */
  readonly commonName: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** One HTTP/1.1 request over TLS to 127.0.0.1. The server's name is not compared with its certificate. */
export function sendTls(port: number, wish: TlsRequest): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host: "127.0.0.1",
      port,
      path: wish.path ?? "/",
      servername: wish.sni ?? "",
      ca: wish.ca,
      headers: { host: wish.host ?? wish.sni ?? "localhost", ...wish.headers },
      agent: false,
      checkServerIdentity: () => undefined,
      ...wish.client,
    }, (response) => {
      let body = "";
      const socket = response.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } };
      const commonName = socket.getPeerCertificate().subject.CN;
      response.on("data", (chunk) => body += chunk);
      response.on("error", reject);
      response.on(
        "end",
        () => resolve({ status: response.statusCode ?? 0, body, commonName, headers: response.headers }),
      );
    });
    request.on("error", reject);
    request.end();
  });
}

/** Body and certificate of an answer over TLS, in one text; `refused` where there is none. */
export async function shownTls(port: number, wish: TlsRequest): Promise<string> {
  try {
    const { body, commonName } = await sendTls(port, wish);
    return `${body} by ${commonName}`;
  } catch {
    return "refused";
  }
}

/** The protocol that ALPN settles on, `none`, or `refused`. */
export function negotiated(port: number, sni: string, ca: string, protocols: string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connectTls({
      host: "127.0.0.1",
      port,
      servername: sni,
      ca,
      ALPNProtocols: protocols,
      checkServerIdentity: () => undefined,
    }, () => {
      resolve(socket.alpnProtocol || "none");
      socket.destroy();
    });
    socket.on("error", () => resolve("refused"));
    socket.on("close", () => resolve("refused"));
  });
}

/** Connects, says `hello` and gives the first thing that is answered; `closed` where the connection ends before. */
export function greet(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, "127.0.0.1", () => socket.write("hello"));
    socket.on("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.on("error", () => resolve("closed"));
    socket.on("close", () => resolve("closed"));
  });
}

/** A TCP back end that answers whatever it is told first with its name. */
export function startTcpBackend(name: string): { port: number; stop(): Promise<void> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answerOne = async (connection: Deno.TcpConn): Promise<void> => {
    try {
      await connection.read(new Uint8Array(1024));
      await connection.write(new TextEncoder().encode(name));
      await connection.closeWrite();
      while (await connection.read(new Uint8Array(1024)) !== null);
    } catch {
      // The client is gone.
    } finally {
      connection.close();
    }
  };
  const open = new Set<Promise<void>>();
  const serving = (async () => {
    for await (const connection of listener) {
      const one = answerOne(connection).finally(() => open.delete(one));
      open.add(one);
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    stop: async () => {
      listener.close();
      await serving;
      await Promise.all(open);
    },
  };
}

/** An HTTP back end that answers with its name and the request's line and headers as JSON. */
export function startMirror(name: string): { port: number; stop(): Promise<void> } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    return Response.json({ name, path: pathname + search, headers: Object.fromEntries(request.headers) });
  });
  return { port: server.addr.port, stop: () => server.shutdown() };
}
