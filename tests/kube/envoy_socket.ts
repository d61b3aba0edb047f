/** What an Envoy shows and trusts that has the certificate of a Secret, as a transport socket of its bootstrap. */
import type { Stored } from "./world.ts";

/** @param serverName Sent as TLS server name. Default: none. */
export function socketOf(
  { data }: Stored & { readonly data?: Readonly<Record<string, string>> },
  serverName?: string,
): Record<string, unknown> {
  const text = (key: string) => ({ inline_string: atob(data![key]!) });
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      ...(serverName && { sni: serverName }),
      common_tls_context: {
        tls_certificates: [{ certificate_chain: text("tls.crt"), private_key: text("tls.key") }],
        validation_context: { trusted_ca: text("ca.crt") },
      },
    },
  };
}
