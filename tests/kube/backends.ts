/** Back ends on addresses of the test's own network: 10.77/16 is on its loopback (scripts/run_tests.ts). */
export interface Backend {
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Answers every request with `body`. */
export function backendOn(address: string, body: string, port = 8080): Backend {
  const server = Deno.serve({ hostname: address, port, onListen: () => {} }, () => new Response(body));
  return { address, port, stop: () => server.shutdown() };
}
