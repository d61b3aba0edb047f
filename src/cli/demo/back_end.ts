/** A small HTTP server that says who it is and what it was asked: what Envoy routes to in the demo. */
export function startBackEnd(name: string, port: number): Deno.HttpServer {
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    return Response.json({ backEnd: name, method: request.method, path: pathname + search }, {
      headers: { "x-back-end": name },
    });
  });
}
