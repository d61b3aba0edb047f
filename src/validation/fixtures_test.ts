import { type AnyResource, apiVersionOf, type Kind, type ResourceId, type Spec } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { createSchema } from "../schema/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { EMPTY_MEMORY, type Memory, type Synced, translate } from "../syncer/mod.ts";
import { Incremental } from "../incremental/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { overlay } from "./lately.ts";
import { type Change, Validator, type Verdict } from "./mod.ts";

export const NAMESPACE = "gloo-system";
export const schema = createSchema(plugins);

export type Manifest = Readonly<Record<string, unknown>> & { readonly metadata: object };

export const ref = (name: string) => ({ name, namespace: NAMESPACE });
export const id = (kind: Kind, name: string): ResourceId => ({ kind, ...ref(name) });

/** A manifest as Kubernetes has it. */
export function manifest(kind: Kind, name: string, spec: object, metadata: object = {}): Manifest {
  return { apiVersion: apiVersionOf(kind), kind, metadata: { ...ref(name), ...metadata }, spec };
}

/** The resource of a manifest; throws where it is faulty. */
export function decoded(document: Manifest): AnyResource {
  const { resource, reports } = schema.decode(document, { defaultNamespace: NAMESPACE });
  if (!resource) throw new Error(JSON.stringify(reports));
  return resource;
}

export const gateway = (name = "gateway", spec: object = { bindPort: 8080, httpGateway: {} }) =>
  manifest("Gateway", name, spec);

export const upstream = (name: string, spec: object = { static: { hosts: [{ addr: "10.0.0.1", port: 80 }] } }) =>
  manifest("Upstream", name, spec);

/** A VirtualService with one route to an Upstream; `routes` has its place where it is given. */
export function virtualService(
  name: string,
  to: string,
  more: { domain?: string; routes?: object[]; tls?: string } = {},
) {
  const { domain = `${name}.com`, routes = [toUpstream(to)], tls } = more;
  const sslConfig = tls ? { sslConfig: { secretRef: ref(tls), sniDomains: [domain] } } : {};
  return manifest("VirtualService", name, { virtualHost: { domains: [domain], routes }, ...sslConfig });
}

export const toUpstream = (name: string, prefix = "/", options: object = {}): object => ({
  matchers: [{ prefix }],
  routeAction: { single: { upstream: ref(name) } },
  options,
});

export const settings = (validation: object): Manifest => manifest("Settings", "default", { gateway: { validation } });
export const STRICT = settings({ alwaysAccept: false, allowWarnings: false });
export const PERMISSIVE = settings({ alwaysAccept: false });

/** A configuration with a validator beside it; it is synced by hand. */
export class Bed {
  readonly incremental = new Incremental();
  readonly clock = new FakeClock();
  readonly validator: Validator;
  readonly decoded = decoded;
  namespaces: readonly string[] | undefined;
  #memory: Memory = EMPTY_MEMORY;
  #synced: Synced | undefined;

  constructor(...documents: readonly Manifest[]) {
    this.validator = new Validator({
      incremental: this.incremental,
      plugins,
      settingsOf: (snapshot) => snapshot.get("Settings", ref("default"))?.spec ?? {} as Spec<"Settings">,
      writeNamespace: NAMESPACE,
      synced: () => this.#synced,
      namespaces: () => this.namespaces,
      clock: this.clock,
    });
    if (documents.length > 0) this.sync(...documents);
  }

  get snapshot(): ApiSnapshot {
    return this.#synced?.snapshot ?? new ApiSnapshot(0, {});
  }

  /** Puts documents and syncs. */
  sync(...documents: readonly Manifest[]): void {
    const work = this.beginSync(...documents);
    while (!work.next().done);
  }

  /** Syncs without these. */
  syncWithout(...removed: readonly ResourceId[]): void {
    const work = this.#sync({ put: [], removed });
    while (!work.next().done);
  }

  /** Begins a sync, which ends when it was called to its end. */
  beginSync(...documents: readonly Manifest[]): Generator<void, void> {
    return this.#sync({ put: documents.map(decoded), removed: [] });
  }

  *#sync(change: Change): Generator<void, void> {
    const snapshot = this.snapshot.with(overlay(change, this.snapshot));
    const { memory } = yield* translate({
      snapshot,
      settings: snapshot.get("Settings", ref("default"))?.spec ?? {},
      writeNamespace: NAMESPACE,
      plugins,
      memory: this.#memory,
      now: 0,
      incremental: this.incremental,
    });
    this.#memory = memory;
    this.#synced = { snapshot, ...memory };
  }

  /** What is said of putting these. */
  put(...documents: readonly Manifest[]): Promise<Verdict> {
    return this.finished(this.validator.validate({ put: documents.map(decoded), removed: [] }));
  }

  remove(...ids: readonly ResourceId[]): Promise<Verdict> {
    return this.finished(this.validator.validate({ put: [], removed: ids }));
  }

  /** Asks without doing. */
  ask(...documents: readonly Manifest[]): Promise<Verdict> {
    return this.finished(this.validator.validate({ put: documents.map(decoded), removed: [] }, { dryRun: true }));
  }

  /** Lets the rests between slices pass, and no time. */
  async finished<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => void (done = true);
    work.then(end, end);
    while (!done) await this.clock.advance(0);
    return await work;
  }
}

/** A verdict in a line for each report. */
export function lines({ errors, warnings }: Verdict): string[] {
  const line = (what: string) => ({ code, ref, path, message }: Verdict["errors"][number]) =>
    `${what} ${code} ${ref.kind} ${ref.name} ${path}: ${message}`;
  return [...errors.map(line("error")), ...warnings.map(line("warning"))];
}
