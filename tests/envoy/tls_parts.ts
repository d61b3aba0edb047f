/** What the tests of TLS share: an authority, certificates by name, and YAML that uses them. */
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { ref } from "./traffic.ts";
import { answer, httpGateway, upstream, virtualService } from "./yaml.ts";

export const authority = await createAuthority("test ca");
/** PEM of the authority. */
export const ca = authority.cert;
export const leaf = (name: string): ReturnType<typeof issueCertificate> =>
  issueCertificate(authority, { commonName: name, dnsNames: [name] });

/** A VirtualService for `<name>.test` with TLS for this server name by the secret of the same name. */
export const secure = (name: string, sslConfig: object = {}, routes: object[] = [answer(name)]): string =>
  virtualService(name, [`${name}.test`], routes, {
    sslConfig: { secretRef: ref(name), sniDomains: [`${name}.test`], ...sslConfig },
  });

/** An https gateway that takes the scheme from the connection: the one before it, Envoy again, says http. */
export const httpsEdge = (port: number): string =>
  httpGateway(port, {
    ssl: true,
    httpGateway: { options: { httpConnectionManagerSettings: { useRemoteAddress: true } } },
  });

/** An Upstream at our own https listener, with Envoy as the TLS client. */
export const tlsUpstream = (name: string, port: number, sslConfig: object): string =>
  upstream(name, port, { sslConfig });
