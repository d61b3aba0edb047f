/** What the tests of the directory client have in common. */
import { ALL_KINDS, idKey, idOf } from "../../api/mod.ts";
import type { AnyResource, Kind } from "../../api/mod.ts";
import { makeReport } from "../../report/mod.ts";
import type { Report } from "../../report/mod.ts";
import type { ResourceClient, Transaction } from "../contract.ts";
import type { DecodeResource, DecodeResult } from "../../report/mod.ts";
import { createDirectoryClient } from "./directory_client.ts";
import type { DirectoryClientOptions } from "./directory_client.ts";

/** An empty folder that is deleted when the test ends. */
export class TemporaryFolder implements Disposable {
  readonly path: string;

  constructor() {
    const parent = new URL("../../../.cache/test", import.meta.url).pathname;
    Deno.mkdirSync(parent, { recursive: true });
    this.path = Deno.makeTempDirSync({ dir: parent });
  }

  /** Writes a file in place, with the folders above it. */
  write(path: string, text: string | Uint8Array): void {
    const full = this.at(path);
    Deno.mkdirSync(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    if (typeof text === "string") Deno.writeTextFileSync(full, text);
    else Deno.writeFileSync(full, text);
  }

  at(path: string): string {
    return `${this.path}/${path}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** A manifest of an Artifact, the kind that the tests use; `data` is one text. */
export const artifact = (name: string, data: string): string =>
  `apiVersion: gloo.solo.io/v1\nkind: Artifact\nmetadata: {name: ${name}, namespace: ns}\nspec: {data: {text: ${data}}}\n`;

export const stream = (...documents: string[]): string => documents.join("---\n");

/** A small decoder: `spec.bad` is a fault at its path, `nameless` one that tells no identity, kind Deployment is skipped. */
export const decodeForTests: DecodeResource = (document, hint): DecodeResult => {
  if (document === null) return { reports: [] };
  const { apiVersion, kind = hint.kind, metadata, items, ...rest } = document as Record<string, unknown> & {
    kind?: string;
    metadata?: { name?: string; namespace?: string };
  };
  if (Array.isArray(items)) {
    return {
      reports: [],
      items: items.map((item, i) => ({ ...decodeForTests(item, hint), specPath: `items[${i}].spec` })),
    };
  }
  if (kind === "Deployment") return { reports: [], skipped: kind };
  const spec = (apiVersion ? rest.spec : rest) as Record<string, unknown>;
  const specPath = apiVersion ? "spec" : "";
  const { name = hint.name ?? "", namespace = hint.namespace ?? hint.defaultNamespace } = metadata ?? {};
  const id = { kind: (kind ?? "Settings") as Kind, namespace, name };
  const fault = (path: string) => makeReport("error", "SLUICE-1003", id, path, "this is bad");
  if ("nameless" in rest || !kind || !name) return { reports: [fault("")], specPath };
  if (spec && "bad" in spec) return { id, reports: [fault("bad")], specPath };
  return {
    id,
    resource: { kind, metadata: { name, namespace }, spec } as unknown as AnyResource,
    reports: [],
    specPath,
  };
};

/** A client that was listed and is watched until disposal, and all that it said. */
export class WatchedClient implements AsyncDisposable {
  readonly client: ResourceClient;
  readonly transactions: Transaction[] = [];
  readonly resources = new Map<string, AnyResource>();
  reports: readonly Report[] = [];
  readonly #end = new AbortController();
  #running: Promise<void> | undefined;
  #onCommit: (() => void) | undefined;

  constructor(client: ResourceClient) {
    this.client = client;
  }

  static async start(
    options: Partial<DirectoryClientOptions> & Pick<DirectoryClientOptions, "roots">,
  ): Promise<WatchedClient> {
    const client = createDirectoryClient({ decode: decodeForTests, defaultNamespace: "default", ...options });
    client.register({ kinds: ALL_KINDS });
    const watched = new WatchedClient(client);
    await watched.watch();
    return watched;
  }

  async watch(): Promise<void> {
    this.#take(await this.client.list(this.#end.signal));
    this.#running = this.client.watch((transaction) => {
      this.transactions.push(transaction);
      this.#take(transaction);
      this.#onCommit?.();
    }, this.#end.signal);
    await this.client.rescan!();
  }

  /** The data of every Artifact by name; that of other kinds by `Kind/namespace/name`. */
  get state(): Record<string, unknown> {
    return Object.fromEntries(
      [...this.resources].map(([key, { spec }]) => [
        key.replace("Artifact/ns/", ""),
        (spec as { data?: { text?: unknown } } | undefined)?.data?.text,
      ]),
    );
  }

  /** `code name` of every report. */
  get faults(): string[] {
    return this.reports.map(({ code, ref }) => `${code.slice(-4)} ${ref.name}`);
  }

  /** Names that some transaction removed. */
  get removed(): string[] {
    return this.transactions.flatMap(({ removed }) => removed.map(({ name }) => name));
  }

  get(name: string): AnyResource | undefined {
    return this.resources.get(`Artifact/ns/${name}`);
  }

  /** Resolves when the condition holds; fails after ten seconds, telling what there is. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = setTimeout(() => this.#onCommit?.(), 10_000);
    const end = performance.now() + 10_000;
    try {
      while (!condition()) {
        if (performance.now() >= end) {
          throw new Error(`never came true: ${condition}; ${JSON.stringify([this.state, this.reports], null, 1)}`);
        }
        await new Promise<void>((resolve) => this.#onCommit = resolve);
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  #take({ put, removed, reports }: Transaction): void {
    for (const id of removed) this.resources.delete(idKey(id));
    for (const resource of put) this.resources.set(idKey(idOf(resource)), resource);
    this.reports = reports;
  }
}
