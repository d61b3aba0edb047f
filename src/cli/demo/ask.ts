import { request } from "node:http";

/** Status of a GET on 127.0.0.1 with a Host header of one's own (fetch sets its own); 0 where nobody answers. */
export function ask(port: number, path: string, host: string): Promise<number> {
  return new Promise((resolve) => {
    request({ host: "127.0.0.1", port, path, headers: { host }, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    }).on("error", () => resolve(0)).end();
  });
}
