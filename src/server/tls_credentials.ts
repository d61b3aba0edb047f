import { experimental, type ServerCredentials } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";

/** What the server shows and whom it lets in, in PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** The authorities whose clients are let in. */
  readonly clientCa: string;
}

/** Where the server's certificate comes from: files, or an authority of one's own. What it gives must fit together. */
export interface CertificateProvider {
  current(): TlsMaterial;
  /** Calls `listener` after each change of what `current` gives. Gives what ends that. */
  onChange(listener: () => void): () => void;
}

/** Credentials for a server, and what ends their following. */
export interface FollowingCredentials {
  readonly credentials: ServerCredentials;
  stop(): void;
}

/** Credentials that ask clients for a certificate: new connections go by what `source` gives then, existing ones go on. */
export function credentialsFrom(source: CertificateProvider): FollowingCredentials {
  const provider = new GrpcProvider(source);
  return {
    credentials: experimental.createCertificateProviderServerCredentials(provider, provider, true),
    stop: source.onChange(() => provider.tell()),
  };
}

type Provider = NonNullable<Parameters<typeof experimental.createCertificateProviderServerCredentials>[1]>;
type CaListener = Parameters<Provider["addCaCertificateListener"]>[0];
type IdentityListener = Parameters<Provider["addIdentityCertificateListener"]>[0];

/** Hands certificates to grpc-js, which asks for them through listeners. */
class GrpcProvider implements Provider {
  readonly #source: CertificateProvider;
  readonly #authorityListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();

  constructor(source: CertificateProvider) {
    this.#source = source;
  }

  tell(): void {
    for (const listener of this.#authorityListeners) this.#tellAuthority(listener);
    for (const listener of this.#identityListeners) this.#tellIdentity(listener);
  }

  // grpc-js adds its listeners before it is ready to hear, hence the microtask.
  addCaCertificateListener(listener: CaListener): void {
    this.#authorityListeners.add(listener);
    queueMicrotask(() => this.#tellAuthority(listener));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#authorityListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    queueMicrotask(() => this.#tellIdentity(listener));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  #tellAuthority(listener: CaListener): void {
    listener({ caCertificate: Buffer.from(this.#source.current().clientCa) });
  }

  #tellIdentity(listener: IdentityListener): void {
    const { cert, key } = this.#source.current();
    listener({ certificate: Buffer.from(cert), privateKey: Buffer.from(key) });
  }
}
