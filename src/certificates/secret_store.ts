/** A Kubernetes Secret, as far as it matters here. */
export interface SecretObject {
  /** `kubernetes.io/tls`, `Opaque`, … */
  readonly type: string;
  /** What `data` holds, decoded to text. */
  readonly data: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
}

/**
 * The Secrets of one namespace. Whoever implements it encodes and decodes base64, and rejects where the API server cannot be
 * asked or says no, with its words.
 */
export interface SecretStore {
  /** Undefined where there is none of this name. */
  get(name: string): Promise<SecretObject | undefined>;
  create(name: string, data: Readonly<Record<string, string>>, type: string): Promise<"created" | "exists">;
  /**
   * Puts `data` in the place of all data that the Secret held, and leaves its labels alone; a conflict where it is another than
   * `resourceVersion`, or gone.
   */
  update(
    name: string,
    data: Readonly<Record<string, string>>,
    resourceVersion: string,
  ): Promise<"updated" | "conflict">;
}

/** The type of the Secrets that are made here. */
export const TLS_SECRET = "kubernetes.io/tls";

/** A Secret cannot be used as it is, and is not for us to overwrite. The message says which, what is wrong, what helps. */
export class SecretFault extends Error {
  constructor(name: string, what: string) {
    super(`Secret ${name}: ${what}. It is left as it is; mend it, or delete it to have it made anew`);
  }
}
