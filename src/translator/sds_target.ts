import type { Origin, SslConfig } from "../api/mod.ts";
import { encode, joinFields, type Message } from "../envoy/mod.ts";
import type { Faults } from "./origins.ts";
import { textBytes } from "./text_bytes.ts";

type SdsConfig = NonNullable<SslConfig["sds"]>;
type SdsSecretConfig = Message<"envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig">;

/** Gloo's name of the cluster, in Envoy's bootstrap, of the SDS server beside each Envoy. */
const DEFAULT_CLUSTER = "gateway_proxy_sds";
const FILE_CREDENTIALS = "envoy.grpc_credentials.file_based_metadata";

/** Secrets of an SDS server that the user runs: Envoy asks it itself. */
export interface ForeignSecret {
  readonly certificate?: SdsSecretConfig;
  readonly validation?: SdsSecretConfig;
  readonly secrets: readonly [];
  readonly mayHaveStaple: true;
}

export function foreignSecret(sds: SdsConfig, origin: Origin, faults: Faults): ForeignSecret | undefined {
  const { certificatesSecretName, validationContextName } = sds;
  if (!certificatesSecretName && !validationContextName) {
    faults.error("SLUICE-1315", origin, "certificatesSecretName or validationContextName is needed");
    return undefined;
  }
  if (sds.callCredentials && !sds.targetUri) {
    faults.error("SLUICE-1315", origin, "callCredentials need a targetUri");
    return undefined;
  }
  const sdsConfig = sourceOf(sds);
  return {
    ...(certificatesSecretName && { certificate: { name: certificatesSecretName, sdsConfig } }),
    ...(validationContextName && { validation: { name: validationContextName, sdsConfig } }),
    secrets: [],
    mayHaveStaple: true,
  };
}

/** As in Gloo: with callCredentials the target is dialled, else a cluster of Envoy's bootstrap is used. */
function sourceOf(sds: SdsConfig): Message<"envoy.config.core.v3.ConfigSource"> {
  const service: Message<"envoy.config.core.v3.GrpcService"> = sds.callCredentials
    ? { googleGrpc: googleGrpc(sds) }
    : { envoyGrpc: { clusterName: sds.clusterName || DEFAULT_CLUSTER } };
  return {
    resourceApiVersion: "V3",
    apiConfigSource: { apiType: "GRPC", transportApiVersion: "V3", grpcServices: [service] },
  };
}

function googleGrpc({ targetUri, callCredentials }: SdsConfig): Message<"envoy.config.core.v3.GrpcService.GoogleGrpc"> {
  const { tokenFileName = "", header = "" } = callCredentials?.fileCredentialSource ?? {};
  return {
    targetUri,
    statPrefix: "sds",
    channelCredentials: { localCredentials: {} },
    credentialsFactoryName: FILE_CREDENTIALS,
    callCredentials: [{
      fromPlugin: { name: FILE_CREDENTIALS, typedConfig: fileBasedMetadata(tokenFileName, header) },
    }],
  };
}

/** `envoy.config.grpc_credential.v3.FileBasedMetadataConfig`: the data source is field 1, the header's name field 2. */
function fileBasedMetadata(filename: string, header: string): Message<"google.protobuf.Any"> {
  const source = joinFields(1, [encode("envoy.config.core.v3.DataSource", { filename })]);
  const key = header === "" ? new Uint8Array() : joinFields(2, [textBytes(header)]);
  return {
    typeUrl: "type.googleapis.com/envoy.config.grpc_credential.v3.FileBasedMetadataConfig",
    value: new Uint8Array([...source, ...key]),
  };
}
