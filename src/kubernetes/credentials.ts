/** How an API server is reached, and what it wants to see. */
export interface Credentials {
  /** `https://10.0.0.1:443`, without a slash at the end. */
  readonly server: string;
  /** Headers of each request, `authorization` among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM of the authorities that vouch for the server; without any, those that Deno knows. */
  readonly caCerts?: readonly string[];
  /** PEM of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** Where credentials come from. They may change at any time: tokens expire, certificates are replaced. */
export interface CredentialsSource {
  /** Those of now; cheap, as it is asked before each request. Rejects where there are none. */
  current(): Promise<Credentials>;
  /**
   * The server has refused these: {@link current} gives them from memory no more. Many requests are refused together, and
   * what was had anew since then stays.
   */
  renew(refused: Credentials): void;
}
