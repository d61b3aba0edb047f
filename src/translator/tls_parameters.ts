import { isIP } from "node:net";
import type { SslParameters } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import { at, type Faults, type Owner } from "./origins.ts";
import { textBytes } from "./text_bytes.ts";

/** Cipher suites of BoringSSL as Envoy 1.40 has it. Those of TLS 1.3 cannot be chosen. */
const CIPHER_SUITES = new Set([
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-PSK-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-PSK-AES128-CBC-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "ECDHE-PSK-AES256-CBC-SHA",
  "ECDHE-ECDSA-AES128-SHA256",
  "ECDHE-RSA-AES128-SHA256",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
  "AES128-SHA",
  "AES256-SHA",
  "PSK-AES128-CBC-SHA",
  "PSK-AES256-CBC-SHA",
  "DES-CBC3-SHA",
]);

const CURVES = new Set([
  "X25519",
  "x25519",
  "P-256",
  "P-384",
  "P-521",
  "prime256v1",
  "secp384r1",
  "secp521r1",
  "X25519MLKEM768",
]);

const VERSIONS = ["TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"] as const;

/** `tls_params`; `path` is that of the parameters in the owner's spec. Reports what Envoy would refuse. */
export function tlsParameters(
  parameters: SslParameters | undefined,
  owner: Owner,
  path: string,
  faults: Faults,
): Message<"envoy.extensions.transport_sockets.tls.v3.TlsParameters"> | undefined {
  if (!parameters) return undefined;
  const { minimumProtocolVersion: minimum, maximumProtocolVersion: maximum } = parameters;
  const { cipherSuites = [], ecdhCurves = [] } = parameters;
  if (minimum && maximum && minimum !== "TLS_AUTO" && maximum !== "TLS_AUTO") {
    if (VERSIONS.indexOf(minimum) > VERSIONS.indexOf(maximum)) {
      const message = `the lowest version ${minimum} is above the highest, ${maximum}`;
      faults.error("SLUICE-1316", at(owner.origin, `${path}.minimumProtocolVersion`), message);
    }
  }
  cipherSuites.forEach((suite, i) => {
    // A group in brackets holds suites of equal preference.
    const names = suite.replace(/^\[(.*)\]$/, "$1").split(/[|:]/);
    const bad = names.find((name) => !CIPHER_SUITES.has(name));
    if (bad === undefined) return;
    const message = `${JSON.stringify(bad)} is no cipher suite that Envoy knows (those of TLS 1.3 cannot be chosen)`;
    faults.error("SLUICE-1316", at(owner.origin, `${path}.cipherSuites[${i}]`), message);
  });
  ecdhCurves.forEach((curve, i) => {
    if (CURVES.has(curve)) return;
    const message = `${JSON.stringify(curve)} is no curve that Envoy knows; there are ${[...CURVES].join(", ")}`;
    faults.error("SLUICE-1316", at(owner.origin, `${path}.ecdhCurves[${i}]`), message);
  });
  return {
    ...(minimum && { tlsMinimumProtocolVersion: minimum }),
    ...(maximum && { tlsMaximumProtocolVersion: maximum }),
    ...(cipherSuites.length > 0 && { cipherSuites }),
    ...(ecdhCurves.length > 0 && { ecdhCurves }),
  };
}

/** Matchers that let in a peer whose certificate has one of the names exactly; the kind of name is seen from its form. */
export function nameMatchers(
  names: readonly string[],
): Message<"envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher">[] {
  return names.map((name) => ({ sanType: nameType(name), matcher: { exact: name } }));
}

function nameType(name: string): "URI" | "IP_ADDRESS" | "EMAIL" | "DNS" {
  if (name.includes("://")) return "URI";
  if (isIP(name) !== 0) return "IP_ADDRESS";
  return name.includes("@") ? "EMAIL" : "DNS";
}

/** Protocol names of ALPN have 1 to 255 bytes. */
export function checkAlpn(protocols: readonly string[], owner: Owner, path: string, faults: Faults): void {
  protocols.forEach((protocol, i) => {
    const length = textBytes(protocol).length;
    if (length > 0 && length < 256) return;
    const message = `${JSON.stringify(protocol)} is no ALPN protocol; it has to have 1 to 255 bytes`;
    faults.error("SLUICE-1316", at(owner.origin, `${path}[${i}]`), message);
  });
}
