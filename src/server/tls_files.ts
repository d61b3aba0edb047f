import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { CertificateProvider, TlsMaterial } from "./tls_credentials.ts";
import type { ServerClock, ServerLogger } from "./xds_server_options.ts";

/** The files of mutual TLS, in PEM. They are read again while the server runs. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** The authorities whose clients are let in. */
  readonly clientAuthority: string;
}

/** What files hold, and what ends the watch over them. */
export interface WatchedFiles extends CertificateProvider {
  stop(): void;
}

/**
 * Follows the files. A pair that does not match (seen in the midst of a rotation) or does not parse is passed over and the
 * last good one stays. Throws where the files are no good at the start.
 */
export async function watchTlsFiles(
  files: TlsFiles,
  everyMs: number,
  clock: ServerClock,
  logger: ServerLogger,
): Promise<WatchedFiles> {
  let material = await load(files);
  const listeners = new Set<() => void>();
  let stopped = false;
  let cancel = () => {};
  let complained = "";
  const look = async () => {
    try {
      const now = await load(files);
      if (!isSame(now, material)) {
        material = now;
        for (const listener of [...listeners]) listener();
        logger.info("the xDS server's certificate files changed", { ...files });
      }
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
  return {
    current: () => material,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

async function load(files: TlsFiles): Promise<TlsMaterial> {
  const [cert, key, clientCa] = await Promise.all(
    [files.certificate, files.key, files.clientAuthority].map((path) => readFile(path, "utf8")),
  );
  const parsed = new X509Certificate(cert!);
  if (!parsed.checkPrivateKey(createPrivateKey(key!))) {
    throw new Error(`${files.key} is not the key of ${files.certificate}`);
  }
  new X509Certificate(clientCa!);
  return { cert: cert!, key: key!, clientCa: clientCa! };
}

const isSame = (one: TlsMaterial, other: TlsMaterial): boolean =>
  one.cert === other.cert && one.key === other.key && one.clientCa === other.clientCa;
