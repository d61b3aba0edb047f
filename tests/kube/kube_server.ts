/** A real Kubernetes API server for tests: etcd, kube-apiserver and a few controllers (tests/kube/apiserver), on loopback. */
import { kubeServerProgram } from "../../scripts/install_tools.ts";

/** What the server tells when it can be used. */
export interface KubeReady {
  readonly url: string;
  /** Of a cluster administrator, by client certificate (context `test`) or token (context `token`). */
  readonly kubeconfig: string;
  readonly token: string;
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly dir: string;
  readonly pid: number;
}

interface KubeEvent {
  readonly event: string;
  readonly command?: string;
  readonly message?: string;
}

type Command = "kill-apiserver" | "start-apiserver" | "restart-apiserver" | "compact" | "status" | "stop";

/** A running server. It ends with the process that started it. */
export class KubeServer {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #waiting: { match(event: KubeEvent): boolean; resolve(event: KubeEvent | undefined): void }[] = [];
  #ready: KubeReady | undefined;

  private constructor(program: string, args: readonly string[]) {
    this.#process = new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "piped", stderr: "inherit" })
      .spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** Starts one and waits until it is ready: some three seconds. Rejects where it ends before. */
  static async start(...args: readonly string[]): Promise<KubeServer> {
    const server = new KubeServer(await kubeServerProgram(), args);
    server.#ready = await server.#next(({ event }) => event === "ready") as unknown as KubeReady;
    return server;
  }

  get ready(): KubeReady {
    return this.#ready!;
  }

  /** Gives a command and waits until it is done. */
  async command(command: Command): Promise<KubeEvent> {
    const answer = this.#next((event) =>
      (event.event === "done" || event.event === "error") && event.command === command
    );
    await this.#input.write(new TextEncoder().encode(`${command}\n`));
    const event = await answer;
    if (event.event === "error") throw new Error(`${command}: ${event.message}`);
    return event;
  }

  async stop(): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#process.status;
    await this.#reading;
  }

  /** Asks the API server as an administrator. Throws where the answer is an error. */
  async request<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    contentType = "application/json",
    accept = "application/json",
  ): Promise<T> {
    const response = await this.raw(method, path, body, contentType, accept);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Asks the API server as an administrator, whatever the answer. */
  async raw(
    method: string,
    path: string,
    body?: unknown,
    contentType = "application/json",
    accept = "application/json",
  ): Promise<Response> {
    this.#client ??= Deno.createHttpClient({ caCerts: [await Deno.readTextFile(this.ready.ca)] });
    return await fetch(this.ready.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.ready.token}`,
        accept,
        ...(body !== undefined && { "content-type": contentType }),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      client: this.#client,
    });
  }

  /** Server-side apply, as `kubectl apply --server-side`; creates or changes the object. */
  async apply<T = Record<string, unknown>>(path: string, object: unknown, manager = "test"): Promise<T> {
    const url = `${path}?fieldManager=${manager}&force=true`;
    return await this.request<T>("PATCH", url, object, "application/apply-patch+yaml");
  }

  #client: Deno.HttpClient | undefined;

  /** To be called when a test has ended, before {@link stop}: Deno's tests count open clients. */
  closeClient(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async #read(): Promise<void> {
    let buffer = "";
    for await (const chunk of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      buffer += chunk;
      const lines = buffer.split("\n");
      buffer = lines.pop()!;
      for (const line of lines) this.#tell(JSON.parse(line) as KubeEvent);
    }
    for (const { resolve } of this.#waiting) resolve(undefined);
    this.#waiting = [];
  }

  #tell(event: KubeEvent): void {
    const met = this.#waiting.filter(({ match }) => match(event));
    this.#waiting = this.#waiting.filter((one) => !met.includes(one));
    for (const { resolve } of met) resolve(event);
  }

  async #next(match: (event: KubeEvent) => boolean): Promise<KubeEvent> {
    const event = await new Promise<KubeEvent | undefined>((resolve) => this.#waiting.push({ match, resolve }));
    if (!event) throw new Error("the Kubernetes test server has ended");
    return event;
  }
}
