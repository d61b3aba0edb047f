import type { SecretObject, SecretStore } from "./secret_store.ts";

/** Secrets in memory, that counts what is asked of it. For tests of what a real API server is not needed for. */
export class MemoryStore implements SecretStore {
  readonly secrets = new Map<string, SecretObject>();
  readonly writes: string[] = [];
  /** Set: each call is rejected with it. */
  failure: Error | undefined;
  /** Runs before the next write, once: what somebody else does in between. */
  before: (() => Promise<unknown>) | undefined;
  #version = 0;

  get(name: string): Promise<SecretObject | undefined> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.secrets.get(name));
  }

  async create(
    name: string,
    data: Readonly<Record<string, string>>,
    type: string,
  ): Promise<"created" | "exists"> {
    await this.#interrupt();
    if (this.secrets.has(name)) return "exists";
    this.#put(name, data, type);
    return "created";
  }

  async update(
    name: string,
    data: Readonly<Record<string, string>>,
    resourceVersion: string,
  ): Promise<"updated" | "conflict"> {
    await this.#interrupt();
    const present = this.secrets.get(name);
    if (present?.resourceVersion !== resourceVersion) return "conflict";
    this.#put(name, data, present.type);
    return "updated";
  }

  /** Changes one key of a Secret, as a user does. */
  edit(name: string, key: string, value: string | undefined): void {
    const { data, type } = this.secrets.get(name)!;
    const rest = Object.fromEntries(Object.entries(data).filter(([each]) => each !== key));
    this.#set(name, { ...rest, ...(value !== undefined && { [key]: value }) }, type);
  }

  async #interrupt(): Promise<void> {
    if (this.failure) throw this.failure;
    const before = this.before;
    this.before = undefined;
    await before?.();
  }

  #put(name: string, data: Readonly<Record<string, string>>, type: string): void {
    this.writes.push(name);
    this.#set(name, data, type);
  }

  #set(name: string, data: Readonly<Record<string, string>>, type: string): void {
    this.secrets.set(name, { type, data, resourceVersion: String(++this.#version) });
  }
}
