import { certificateNames } from "./certificate_names.ts";

/** A call whose connection may have shown a client certificate. */
interface Connected {
  getAuthContext(): { readonly sslPeerCertificate?: { readonly raw?: Uint8Array } } | null;
}

/** The names in the certificate of the client at the other end; none where it showed none. */
export function peerNames(call: Connected): string[] {
  const der = call.getAuthContext()?.sslPeerCertificate?.raw;
  return der === undefined ? [] : certificateNames(der);
}
