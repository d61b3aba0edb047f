import {
  ALL_KINDS,
  type AnyResource,
  apiVersionOf,
  idKey,
  idOf,
  type Kind,
  KINDS,
  type ResourceId,
  sameResource,
} from "../../src/api/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import { createSchema } from "../../src/schema/mod.ts";
import { type ApiSnapshot, Emitter } from "../../src/snapshot/mod.ts";
import { FakeClock } from "../../src/telemetry/fake_clock.ts";
import type { ResourceClient, Transaction } from "../../src/watchers/mod.ts";
import type { Document } from "./documents.ts";
import { WRITE_NAMESPACE } from "./names.ts";

const schema = createSchema(plugins);

/** The resource of a document, through the real decoder; throws where the document itself is faulty. */
export function decode({ kind, metadata, spec }: Document): AnyResource {
  const document = KINDS[kind].owner === "kubernetes" ? manifest(kind, metadata, spec) : { metadata, ...spec };
  const { resource, reports } = schema.decode(document, { kind, defaultNamespace: WRITE_NAMESPACE });
  if (resource) return resource;
  throw new Error(`${JSON.stringify({ kind, metadata, spec })}: ${JSON.stringify(reports)}`);
}

/** Objects of Kubernetes' own are read from manifests alone; an EndpointSlice has no spec. */
function manifest(kind: Kind, metadata: Document["metadata"], spec: object): object {
  return { apiVersion: apiVersionOf(kind), kind, metadata, ...(kind === "EndpointSlice" ? spec : { spec }) };
}

/**
 * A configuration in the making: documents go in, ApiSnapshots come out of a real Emitter, so that what did not change is
 * the same object in them.
 */
export class World implements AsyncDisposable {
  readonly #documents = new Map<string, { readonly document: Document; readonly resource: AnyResource }>();
  readonly #source = new Source();
  readonly #clock = new FakeClock();
  readonly #emitter: Emitter;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #put = new Map<string, AnyResource>();
  #removed = new Map<string, ResourceId>();

  constructor() {
    this.#emitter = new Emitter({ clients: [this.#source], interest: { kinds: ALL_KINDS }, clock: this.#clock });
    this.#running = this.#emitter.run(this.#end.signal);
  }

  /** The documents that are there now. */
  get documents(): readonly Document[] {
    return [...this.#documents.values()].map(({ document }) => document);
  }

  get(id: ResourceId): Document | undefined {
    return this.#documents.get(idKey(id))?.document;
  }

  put(document: Document): void {
    const decoded = decode(document);
    const key = idKey(idOf(decoded));
    const known = this.#documents.get(key)?.resource;
    const resource = known && sameResource(known, decoded) ? known : decoded;
    this.#documents.set(key, { document, resource });
    this.#removed.delete(key);
    this.#put.set(key, resource);
  }

  remove(id: ResourceId): void {
    const key = idKey(id);
    this.#documents.delete(key);
    this.#put.delete(key);
    this.#removed.set(key, id);
  }

  /** Makes it so that there are these documents and no others. */
  restore(documents: readonly Document[]): void {
    const kept = new Set(documents.map((document) => idKey(idOf(decode(document)))));
    for (const { document } of [...this.#documents.values()]) {
      const { kind, metadata: { namespace, name } } = document;
      if (!kept.has(idKey({ kind, namespace, name }))) this.remove({ kind, namespace, name });
    }
    for (const document of documents) if (!this.documents.includes(document)) this.put(document);
  }

  /** The ApiSnapshot with all that was put and removed. */
  async commit(): Promise<ApiSnapshot> {
    this.#source.commit({ put: [...this.#put.values()], removed: [...this.#removed.values()], reports: [] });
    this.#put = new Map();
    this.#removed = new Map();
    await this.#clock.advance(1000);
    return this.#emitter.current!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
  }
}

/** A source that is told what it sees. */
class Source implements ResourceClient {
  readonly name = "test";
  readonly #seen = Promise.withResolvers<Transaction>();
  #tell: ((transaction: Transaction) => void) | undefined;

  register(): void {}

  list(): Promise<Transaction> {
    return this.#seen.promise;
  }

  watch(commit: (transaction: Transaction) => void, signal: AbortSignal): Promise<void> {
    this.#tell = commit;
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  }

  commit(transaction: Transaction): void {
    if (this.#tell) this.#tell(transaction);
    else this.#seen.resolve(transaction);
  }
}
