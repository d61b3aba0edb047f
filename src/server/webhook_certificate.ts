import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ServerClock, ServerLogger } from "./xds_server_options.ts";

/** A server certificate with its chain, and the private key, in PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Where a certificate comes from; asked again while the server runs. */
export type CertificateSource = () => ServerCertificate | Promise<ServerCertificate>;

/** The certificate in two files, as a mounted Secret of type kubernetes.io/tls has them. */
export function certificateFiles(cert: string, key: string): CertificateSource {
  return async () => ({ cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") });
}

/** The certificate that is there now. Throws where it cannot be read, or the key is not its own. */
export async function loadCertificate(source: CertificateSource): Promise<ServerCertificate> {
  const { cert, key } = await source();
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error("the private key does not belong to the certificate");
  }
  return { cert, key };
}

/**
 * Asks for the certificate every so many milliseconds and tells of another one. One that is no good (a pair is seen half
 * written in the midst of a rotation) is passed over. Gives what ends the watch.
 */
export function watchCertificate(
  first: ServerCertificate,
  source: CertificateSource,
  everyMs: number,
  { clock, logger, changed }: {
    readonly clock: ServerClock;
    readonly logger: ServerLogger;
    readonly changed: (certificate: ServerCertificate) => void;
  },
): () => void {
  let current = first;
  let complained = "";
  let stopped = false;
  let cancel = () => {};
  const look = async () => {
    try {
      const next = await loadCertificate(source);
      complained = "";
      if (!stopped && (next.cert !== current.cert || next.key !== current.key)) {
        changed(next);
        current = next;
        logger.info("the webhook has another certificate", { until: new X509Certificate(next.cert).validTo });
      }
    } catch (error) {
      const text = String(error);
      if (text !== complained) {
        logger.error("the webhook's certificate cannot be used; the last good one stays", { error: text });
      }
      complained = text;
    }
    if (!stopped) cancel = clock.setTimeout(() => void look(), everyMs);
  };
  cancel = clock.setTimeout(() => void look(), everyMs);
  return () => {
    stopped = true;
    cancel();
  };
}
