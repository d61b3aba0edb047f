import { isIP } from "node:net";
import { parseAddress } from "../address/mod.ts";
import { type Arguments, UsageError } from "./command.ts";

/** Single files, which Envoy reads once, when it starts. */
export interface TlsFiles {
  readonly cert?: string;
  readonly key?: string;
  readonly ca: string;
}

/** A folder with `tls.crt`, `tls.key` and `ca.crt`, as a Secret is mounted; Envoy follows it when its content is turned. */
export interface TlsFolder {
  readonly folder: string;
  /** Where Envoy finds what {@link sdsFilesOf} gives. */
  readonly sdsFolder: string;
}

/** What the flags say of TLS towards sluice; undefined where they say nothing. Throws a UsageError where they are off. */
export function tlsOf(args: Arguments): TlsFiles | TlsFolder | undefined {
  const [cert, key, ca] = [args.text("tls-cert"), args.text("tls-key"), args.text("tls-ca")];
  const [folder, sdsFolder] = [args.text("tls-dir"), args.text("sds-dir") ?? args.text("out-dir")];
  if (folder !== undefined) {
    if (cert || key || ca) throw new UsageError("--tls-dir takes the place of --tls-cert, --tls-key and --tls-ca");
    if (args.text("out-dir") === undefined || sdsFolder === undefined) {
      throw new UsageError(
        "--tls-dir wants --out-dir: Envoy follows the folder by way of two more files, which are written there",
      );
    }
    for (const [flag, path] of [["--tls-dir", folder], ["--sds-dir or --out-dir", sdsFolder]] as const) {
      if (!path.startsWith("/")) {
        throw new UsageError(`${flag} ${path}: it should begin with /, as Envoy is to find it`);
      }
    }
    return { folder, sdsFolder };
  }
  if (args.text("sds-dir") !== undefined) throw new UsageError("--sds-dir belongs to --tls-dir");
  if (!cert && !key && !ca) return undefined;
  if (!ca) throw new UsageError("--tls-ca is missing: without it any server could pose as sluice");
  if (!cert !== !key) throw new UsageError("--tls-cert and --tls-key belong together");
  return { cert, key, ca };
}

/** The transport socket of the cluster that is sluice. */
export function transportSocket(tls: TlsFiles | TlsFolder, xdsAddress: string): Record<string, unknown> {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      ...("folder" in tls ? fromFolder(tls, xdsAddress) : { common_tls_context: fromFiles(tls) }),
    },
  };
}

const CERTIFICATE = "sluice_certificate";
const AUTHORITY = "sluice_authority";

/**
 * The files, by name, through which Envoy follows the folder. It reloads certificates only where they come by SDS, and an SDS
 * file holds one secret. `watched_directory` is for the way in which the kubelet turns a mounted Secret: the files stay what
 * they are, links by way of the link `..data`, and that is moved
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/security/secret#example-three-certificate-rotation-for-xds-grpc-connection).
 */
export function sdsFilesOf({ folder }: Pick<TlsFolder, "folder">, xdsAddress: string): Record<string, object> {
  const file = (name: string) => ({ filename: `${folder}/${name}` });
  const watched = { watched_directory: { path: folder } };
  const secret = (name: string, what: object): object => ({
    resources: [{ "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", name, ...what }],
  });
  return {
    [`${CERTIFICATE}.yaml`]: secret(CERTIFICATE, {
      tls_certificate: { certificate_chain: file("tls.crt"), private_key: file("tls.key"), ...watched },
    }),
    [`${AUTHORITY}.yaml`]: secret(AUTHORITY, {
      validation_context: { trusted_ca: file("ca.crt"), ...watched, ...serverNameMatch(hostOf(xdsAddress)) },
    }),
  };
}

function fromFolder({ sdsFolder }: TlsFolder, xdsAddress: string): Record<string, unknown> {
  const host = hostOf(xdsAddress);
  const sds = (name: string) => ({
    name,
    sds_config: { path_config_source: { path: `${sdsFolder}/${name}.yaml` }, resource_api_version: "V3" },
  });
  return {
    ...(host !== undefined && isIP(host) === 0 ? { sni: host } : {}),
    common_tls_context: {
      tls_certificate_sds_secret_configs: [sds(CERTIFICATE)],
      validation_context_sds_secret_config: sds(AUTHORITY),
    },
  };
}

/** The authority signs Envoys' certificates too, so what answers is to be sluice by its name. */
function serverNameMatch(host: string | undefined): object {
  if (host === undefined) return {};
  const san_type = isIP(host) === 0 ? "DNS" : "IP_ADDRESS";
  return { match_typed_subject_alt_names: [{ san_type, matcher: { exact: host } }] };
}

function hostOf(xdsAddress: string): string | undefined {
  const address = parseAddress(xdsAddress);
  return address !== undefined && "host" in address ? address.host : undefined;
}

function fromFiles(tls: TlsFiles): Record<string, unknown> {
  const certificate = tls.cert
    ? { tls_certificates: [{ certificate_chain: { filename: tls.cert }, private_key: { filename: tls.key } }] }
    : {};
  return { ...certificate, validation_context: { trusted_ca: { filename: tls.ca } } };
}
