import { resolveRef, type SslConfig, type UpstreamSslConfig } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import { SECRETS_SOURCE } from "./config_source.ts";
import type { TranslationContext } from "./context.ts";
import { type Faults, optionOrigin, type Owner } from "./origins.ts";
import { foreignSecret } from "./sds_target.ts";
import { checkAlpn, nameMatchers, tlsParameters } from "./tls_parameters.ts";
import { secretOfFiles, secretOfRef, type TlsSecrets } from "./tls_secrets.ts";

type CommonTlsContext = Message<"envoy.extensions.transport_sockets.tls.v3.CommonTlsContext">;
type SdsSecretConfig = Message<"envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig">;

/** The parts that TLS towards clients and towards back ends have in common. */
type CommonSslConfig = Pick<
  SslConfig & UpstreamSslConfig,
  "secretRef" | "sslFiles" | "sds" | "verifySubjectAltName" | "parameters" | "alpnProtocols"
>;

export interface CommonTls {
  readonly context: CommonTlsContext;
  /** To be served by Sluice, as the context refers to them. */
  readonly secrets: readonly XdsResource[];
  readonly hasCertificate: boolean;
  readonly verifiesPeer: boolean;
  /** False only where it is known that there is no OCSP staple. */
  readonly mayHaveStaple: boolean;
}

interface Sources {
  readonly certificate?: SdsSecretConfig;
  readonly validation?: SdsSecretConfig;
  readonly secrets: readonly XdsResource[];
  readonly mayHaveStaple: boolean;
}

/** The common part of a TLS context; `path` is that of the ssl config in the owner's spec. */
export function commonTls(
  context: TranslationContext,
  config: CommonSslConfig,
  owner: Owner,
  path: string,
  faults: Faults,
): CommonTls {
  const sources = sourcesOf(context, config, owner, path, faults);
  const names = nameMatchers(config.verifySubjectAltName ?? []);
  if (names.length > 0 && sources && !sources.validation) {
    const origin = optionOrigin(owner, path, "verifySubjectAltName");
    faults.error("SLUICE-1316", origin, "names can be verified only with a root CA (rootCa or validationContextName)");
  }
  checkAlpn(config.alpnProtocols ?? [], owner, below(path, "alpnProtocols"), faults);
  const parameters = tlsParameters(config.parameters, owner, below(path, "parameters"), faults);
  return {
    context: {
      ...(parameters && { tlsParams: parameters }),
      ...(sources?.certificate && { tlsCertificateSdsSecretConfigs: [sources.certificate] }),
      ...(sources?.validation && validation(sources.validation, names)),
      ...(config.alpnProtocols?.length && { alpnProtocols: config.alpnProtocols }),
    },
    secrets: sources?.secrets ?? [],
    hasCertificate: sources?.certificate !== undefined,
    verifiesPeer: sources?.validation !== undefined,
    mayHaveStaple: sources?.mayHaveStaple ?? true,
  };
}

const below = (path: string, field: string): string => path === "" ? field : `${path}.${field}`;

function validation(
  validationContextSdsSecretConfig: SdsSecretConfig,
  names: readonly Message<"envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher">[],
): CommonTlsContext {
  if (names.length === 0) return { validationContextSdsSecretConfig };
  const defaultValidationContext = { matchTypedSubjectAltNames: names };
  return { combinedValidationContext: { defaultValidationContext, validationContextSdsSecretConfig } };
}

/** Where certificate and roots come from; undefined where that is faulty, and reported. */
function sourcesOf(
  context: TranslationContext,
  { secretRef, sslFiles, sds }: CommonSslConfig,
  owner: Owner,
  path: string,
  faults: Faults,
): Sources | undefined {
  if (sds) return foreignSecret(sds, optionOrigin(owner, path, "sds"), faults);
  if (sslFiles) return ofSluice(secretOfFiles(sslFiles, optionOrigin(owner, path, "sslFiles"), faults));
  if (!secretRef) return { secrets: [], mayHaveStaple: false };
  // The path is one in what the user wrote.
  const origin = optionOrigin(owner, path, owner.origin.kind === "Ingress" ? "secretName" : "secretRef");
  const ref = resolveRef(secretRef, origin.namespace);
  if (ref) return ofSluice(secretOfRef(context, ref, origin, faults));
  faults.error("SLUICE-1314", origin, "a secretRef needs a name");
  return undefined;
}

function ofSluice(secrets: TlsSecrets | undefined): Sources | undefined {
  if (!secrets) return undefined;
  const { certificate, validation } = secrets;
  return {
    ...(certificate && { certificate: { name: certificate.name, sdsConfig: SECRETS_SOURCE } }),
    ...(validation && { validation: { name: validation.name, sdsConfig: SECRETS_SOURCE } }),
    secrets: [certificate, validation].filter((secret) => secret !== undefined),
    mayHaveStaple: secrets.hasStaple,
  };
}
