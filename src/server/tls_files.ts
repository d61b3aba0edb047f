import { experimental, type ServerCredentials } from "@grpc/grpc-js";
import type { Buffer } from "node:buffer";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ServerClock, ServerLogger } from "./xds_server_options.ts";

/** The files of mutual TLS, in PEM. They are read again while the server runs. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** The authorities whose clients are let in. */
  readonly clientAuthority: string;
}

interface Loaded {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly authority: Buffer;
}

type Provider = NonNullable<Parameters<typeof experimental.createCertificateProviderServerCredentials>[1]>;
type CaListener = Parameters<Provider["addCaCertificateListener"]>[0];
type IdentityListener = Parameters<Provider["addIdentityCertificateListener"]>[0];

/** Credentials for a server and what ends the watch over their files. */
export interface WatchedCredentials {
  readonly credentials: ServerCredentials;
  stop(): void;
}

/**
 * Credentials that ask clients for a certificate and follow their files: new connections use what the files hold now,
 * existing ones go on. A pair that does not match (seen in the midst of a rotation) or does not parse is passed over and
 * the last good one stays. Throws where the files are no good at the start.
 */
export async function watchTlsFiles(
  files: TlsFiles,
  everyMs: number,
  clock: ServerClock,
  logger: ServerLogger,
): Promise<WatchedCredentials> {
  const provider = new FileProvider(await load(files));
  let stopped = false;
  let cancel = () => {};
  let complained = "";
  const look = async () => {
    try {
      if (provider.update(await load(files))) logger.info("the xDS server's certificate files changed", { ...files });
      complained = "";
    } catch (error) {
      const text = String(error);
      if (text !== complained) {
        logger.error("the xDS server's certificate files cannot be used; the last good ones stay", { error: text });
      }
      complained = text;
    }
    if (!stopped) cancel = clock.setTimeout(() => void look(), everyMs);
  };
  cancel = clock.setTimeout(() => void look(), everyMs);
  const credentials = experimental.createCertificateProviderServerCredentials(provider, provider, true);
  return {
    credentials,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

async function load(files: TlsFiles): Promise<Loaded> {
  const [certificate, key, authority] = await Promise.all(
    [files.certificate, files.key, files.clientAuthority].map((path) => readFile(path)),
  );
  const parsed = new X509Certificate(certificate!);
  if (!parsed.checkPrivateKey(createPrivateKey(key!))) {
    throw new Error(`${files.key} is not the key of ${files.certificate}`);
  }
  new X509Certificate(authority!);
  return { certificate: certificate!, key: key!, authority: authority! };
}

/** Hands certificates to grpc-js, which asks for them through listeners. */
class FileProvider implements Provider {
  #loaded: Loaded;
  readonly #authorityListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();

  constructor(loaded: Loaded) {
    this.#loaded = loaded;
  }

  /** Gives whether anything is different. */
  update(loaded: Loaded): boolean {
    const { certificate, key, authority } = this.#loaded;
    if (certificate.equals(loaded.certificate) && key.equals(loaded.key) && authority.equals(loaded.authority)) {
      return false;
    }
    this.#loaded = loaded;
    for (const listener of this.#authorityListeners) this.#tellAuthority(listener);
    for (const listener of this.#identityListeners) this.#tellIdentity(listener);
    return true;
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
    listener({ caCertificate: this.#loaded.authority });
  }

  #tellIdentity(listener: IdentityListener): void {
    listener({ certificate: this.#loaded.certificate, privateKey: this.#loaded.key });
  }
}
