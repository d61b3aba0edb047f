import { createPrivateKey, X509Certificate } from "node:crypto";
import { idOf, type Origin, type Ref, refKey, type Resource } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import type { TranslationContext } from "./context.ts";
import type { Faults } from "./origins.ts";
import { xdsResource } from "./resources.ts";

const SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret";
type DataSource = Message<"envoy.config.core.v3.DataSource">;

/** What an ssl config's source comes to: a certificate with its key, roots to verify the peer with, or both. */
export interface TlsSecrets {
  readonly certificate?: XdsResource;
  readonly validation?: XdsResource;
  readonly hasStaple: boolean;
}

/**
 * The SDS secrets of a Secret of kind tls: `<namespace>/<name>` and, where it has a root CA, `<namespace>/<name>#ca`.
 * Reports a missing Secret, another kind, a certificate or key that cannot be read or do not fit, at `origin`.
 */
export function secretOfRef(
  { lookup, revision }: Pick<TranslationContext, "lookup" | "revision">,
  ref: Ref,
  origin: Origin,
  faults: Faults,
): TlsSecrets | undefined {
  const secret = lookup.get("Secret", ref);
  if (!secret) {
    faults.error("SLUICE-1314", origin, `Secret ${refKey(ref)} does not exist`);
    return undefined;
  }
  // Reading certificates and keys is dear, and many may use one Secret.
  const read = revision.table<string, ReadSecret>("tlsSecret").recall(refKey(ref), [secret], () => readSecret(secret));
  if ("fault" in read) {
    faults.error("SLUICE-1315", origin, `Secret ${refKey(ref)}${read.fault}`);
    return undefined;
  }
  return read;
}

/** `fault` goes on where a message has named the Secret. */
type ReadSecret = TlsSecrets | { readonly fault: string };

function readSecret(secret: Resource<"Secret">): ReadSecret {
  const { tls } = secret.spec;
  if (!tls) return { fault: " is not of kind tls" };
  const { certChain = "", privateKey = "", rootCa = "", ocspStaple = "" } = tls;
  const fault = pairFault(certChain, privateKey, rootCa) ?? stapleFault(ocspStaple);
  if (fault) return { fault: `: ${fault}` };
  const name = refKey(secret.metadata);
  const chain = pemBlocks(certChain);
  return {
    ...(chain && {
      certificate: certificateSecret(name, secret, {
        certificateChain: { inlineString: chain },
        privateKey: { inlineString: privateKey },
        ...(ocspStaple && { ocspStaple: { inlineBytes: Uint8Array.fromBase64(ocspStaple) } }),
      }),
    }),
    ...(rootCa && { validation: validationSecret(`${name}#ca`, secret, { inlineString: pemBlocks(rootCa) }) }),
    hasStaple: ocspStaple !== "",
  };
}

/** Files on Envoy's machine, as an SslConfig names them. */
export interface SslFiles {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly rootCa?: string;
  readonly ocspStaple?: string;
}

/**
 * The SDS secrets for files on Envoy's machine. They go by SDS as Envoy reads the files of such secrets anew when they
 * change, and those of certificates in a listener never.
 */
export function secretOfFiles(files: SslFiles, origin: Origin, faults: Faults): TlsSecrets | undefined {
  const { tlsCert = "", tlsKey = "", rootCa = "", ocspStaple = "" } = files;
  if ((tlsCert === "") !== (tlsKey === "")) {
    faults.error("SLUICE-1315", origin, "tlsCert and tlsKey are needed together; one of them is missing");
    return undefined;
  }
  const folder = folderOf(tlsCert) === folderOf(tlsKey) ? folderOf(tlsCert) : undefined;
  return {
    ...(tlsCert && {
      certificate: certificateSecret(`sslFiles/${[tlsCert, tlsKey, ocspStaple].join(",")}`, undefined, {
        certificateChain: { filename: tlsCert },
        privateKey: { filename: tlsKey },
        ...(ocspStaple && { ocspStaple: { filename: ocspStaple } }),
        ...(folder && { watchedDirectory: { path: folder } }),
      }),
    }),
    ...(rootCa && { validation: validationSecret(`sslFiles/${rootCa}#ca`, undefined, { filename: rootCa }) }),
    hasStaple: ocspStaple !== "",
  };
}

function certificateSecret(
  name: string,
  secret: Resource<"Secret"> | undefined,
  tlsCertificate: Message<"envoy.extensions.transport_sockets.tls.v3.TlsCertificate">,
): XdsResource {
  return xdsResource(SECRET, name, { name, tlsCertificate }, secret ? [idOf(secret)] : []);
}

function validationSecret(name: string, secret: Resource<"Secret"> | undefined, trustedCa: DataSource): XdsResource {
  const folder = trustedCa.filename === undefined ? undefined : folderOf(trustedCa.filename);
  const validationContext = { trustedCa, ...(folder && { watchedDirectory: { path: folder } }) };
  return xdsResource(SECRET, name, { name, validationContext }, secret ? [idOf(secret)] : []);
}

/** Kubernetes swaps whole folders by a symlink beside the files: Envoy sees that only where it watches the folder. */
function folderOf(file: string): string | undefined {
  const slash = file.lastIndexOf("/");
  return slash < 0 ? undefined : file.slice(0, slash) || "/";
}

/** Gloo checks the pair as Go's tls.X509KeyPair does; the limit on RSA keys is Envoy's. Never tells key material. */
function pairFault(certChain: string, privateKey: string, rootCa: string): string | undefined {
  if (rootCa !== "" && !isCertificate(rootCa)) return "rootCa holds no readable PEM certificate";
  if (certChain === "" && privateKey === "") {
    return rootCa === "" ? "it holds neither a certificate nor a root CA" : undefined;
  }
  if (certChain === "") return "the certificate is missing beside the private key";
  if (privateKey === "") return "the private key is missing beside the certificate";
  if (!isCertificate(certChain)) return "certChain holds no readable PEM certificate";
  const certificate = new X509Certificate(pemBlocks(certChain));
  const key = readKey(privateKey);
  if (!key) return "privateKey is no readable PEM private key";
  if (!certificate.checkPrivateKey(key)) return "the private key does not belong to the certificate";
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  if (certificate.publicKey.asymmetricKeyType === "rsa" && bits !== undefined && bits < 2048) {
    return `the RSA key has ${bits} bits; Envoy takes 2048 or more`;
  }
  return undefined;
}

function readKey(pem: string): ReturnType<typeof createPrivateKey> | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** Every block has to be a certificate that can be read: Envoy refuses the whole chain for one that is not. */
function isCertificate(pem: string): boolean {
  const blocks = blocksOf(pem);
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).subject !== undefined);
  } catch {
    return false;
  }
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function blocksOf(pem: string): string[] {
  return pem.match(CERTIFICATE) ?? [];
}

/** The certificates alone, one after the other; what stands between them is dropped (as in Gloo). */
function pemBlocks(pem: string): string {
  return blocksOf(pem).map((block) => `${block}\n`).join("");
}

/** An OCSP response is DER, in base64 in the Secret. */
function stapleFault(ocspStaple: string): string | undefined {
  if (ocspStaple === "") return undefined;
  try {
    return Uint8Array.fromBase64(ocspStaple)[0] === 0x30 ? undefined : "ocspStaple is no OCSP response in DER";
  } catch {
    return "ocspStaple is not base64";
  }
}
