import type { Server } from "@grpc/grpc-js";
import { X509Certificate } from "node:crypto";
import type { CertificateProvider } from "./tls_credentials.ts";

/** A TLS connection as node:tls gives it to a server. */
export interface TlsConnection {
  isSessionReused(): boolean;
  getPeerX509Certificate(): X509Certificate | undefined;
}

/** As much of an HTTP/2 session as is used here. */
interface Session {
  readonly socket: TlsConnection;
  destroy(): void;
}

interface Http2Server {
  on(event: "session", opened: (session: Session) => void): void;
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Looks at clients that resume a TLS session. The certificate in it was checked when the session began, and is not checked
 * again: Deno 2.9 resumes sessions whatever has become of the authorities (and keeps none of the options that would stop it), so
 * a client could come back for as long as it likes after its authority was taken away or its certificate ended.
 * One that resumes is let in where a whole handshake has shown its certificate to be good for the authorities there are now, or
 * where one of them signed it.
 */
export class ResumedSessions {
  readonly #source: CertificateProvider;
  readonly #now: () => number;
  readonly #refused = new WeakSet<object>();
  readonly #checked = new Set<string>();
  #authorities: readonly string[];

  /** @param now Milliseconds since the epoch. */
  constructor(source: CertificateProvider, now: () => number) {
    this.#source = source;
    this.#now = now;
    this.#authorities = certificatesIn(source.current().clientCa);
  }

  /** Ends the sessions of a bound server that are not to be. Throws where the servers are not where grpc-js 1.14 has them. */
  guard(server: Server): void {
    const servers = (server as unknown as { http2Servers?: Map<Http2Server, unknown> }).http2Servers;
    if (!(servers instanceof Map) || servers.size === 0) throw new Error("this grpc-js has no http2Servers");
    for (const http2Server of servers.keys()) {
      http2Server.on("session", (session) => {
        if (this.lets(session.socket)) return;
        this.#refused.add(session);
        session.destroy();
      });
    }
  }

  /** Whether a session is being ended: its streams are not to be answered. */
  refuses(session: object | undefined): boolean {
    return session !== undefined && this.#refused.has(session);
  }

  /** Whether a connection that has just been made may go on. */
  lets(connection: TlsConnection): boolean {
    this.#followAuthorities();
    const leaf = connection.getPeerX509Certificate();
    if (!connection.isSessionReused()) {
      if (leaf !== undefined) this.#checked.add(leaf.fingerprint256);
      return true;
    }
    if (leaf === undefined || Date.parse(leaf.validTo) <= this.#now()) return false;
    if (this.#checked.has(leaf.fingerprint256)) return true;
    return this.#authorities.some((pem) => isIssuedBy(leaf, new X509Certificate(pem)));
  }

  /** What was checked stays so while no authority goes. */
  #followAuthorities(): void {
    const authorities = certificatesIn(this.#source.current().clientCa);
    if (!this.#authorities.every((pem) => authorities.includes(pem))) this.#checked.clear();
    this.#authorities = authorities;
  }
}

function certificatesIn(pem: string): string[] {
  return pem.match(CERTIFICATES) ?? [];
}

function isIssuedBy(leaf: X509Certificate, authority: X509Certificate): boolean {
  return leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
}
