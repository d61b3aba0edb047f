import { type AuthorityState, bundleOf } from "./authority_state.ts";
import { issueCertificate } from "./issue.ts";
import { BACKDATE_MS, type Lifetimes } from "./lifetimes.ts";
import { isSignedBy, readCertificate, readCertificates, renewalTime } from "./read_certificate.ts";

/** What a TLS server shows and whom it lets in, in PEM. */
export interface ServerMaterial {
  readonly cert: string;
  readonly key: string;
  /** The authorities whose clients are let in. */
  readonly clientCa: string;
}

/**
 * The certificate of this process for all that it serves over TLS. It is held in memory and written nowhere, so that each
 * replica has its own and none can be taken from a Secret. It is replaced after two thirds of its life, and when the authority
 * that signed it is trusted no more.
 */
export class ServerCertificate {
  readonly #dnsNames: readonly string[];
  readonly #listeners = new Set<() => void>();
  #material: ServerMaterial;
  #notAfter: number;

  private constructor(dnsNames: readonly string[], material: ServerMaterial) {
    this.#dnsNames = dnsNames;
    this.#material = material;
    this.#notAfter = readCertificate(material.cert).notAfter;
  }

  static async issue(
    dnsNames: readonly string[],
    state: AuthorityState,
    now: number,
    lifetimes: Lifetimes,
  ): Promise<ServerCertificate> {
    return new ServerCertificate(dnsNames, await materialOf(dnsNames, state, now, lifetimes));
  }

  current(): ServerMaterial {
    return this.#material;
  }

  /** Calls `listener` after each change of {@link current}. Gives what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Milliseconds since the epoch. */
  get notAfter(): number {
    return this.#notAfter;
  }

  /** Brings it up to the authorities and the time. */
  async follow(state: AuthorityState, now: number, lifetimes: Lifetimes): Promise<void> {
    const clientCa = bundleOf(state);
    const leaf = readCertificate(this.#material.cert);
    const stays = now < renewalTime(leaf) && await isSignedBy(leaf, readCertificates(clientCa));
    if (stays && clientCa === this.#material.clientCa) return;
    this.#material = stays ? { ...this.#material, clientCa } : await materialOf(this.#dnsNames, state, now, lifetimes);
    this.#notAfter = readCertificate(this.#material.cert).notAfter;
    for (const listener of [...this.#listeners]) listener();
  }
}

async function materialOf(
  dnsNames: readonly string[],
  state: AuthorityState,
  now: number,
  { leafMs }: Lifetimes,
): Promise<ServerMaterial> {
  const made = await issueCertificate(state.signing, {
    commonName: "sluice",
    dnsNames,
    usage: "server",
    notBefore: now - BACKDATE_MS,
    notAfter: Math.min(now + leafMs, readCertificate(state.signing.cert).notAfter),
  });
  return { ...made, clientCa: bundleOf(state) };
}
