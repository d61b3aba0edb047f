/**
 * A proxyless gRPC client in a process of its own, as clients are: `grpc_js_xds_client.ts BOOTSTRAP SERVICE METHOD`
 * calls the method of the service again and again, and writes each answer that is another than the one before to a line.
 */
import { Buffer } from "node:buffer";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";

const [bootstrap, service, method] = Deno.args as [string, string, string];
const bytes = (value: Buffer) => value;

register();
// The environment variable that is meant for this is not used by version 1.14.1 when it looks for its listener.
const client = new Client(`xds:///${service}`, credentials.createInsecure(), {
  "grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config": bootstrap,
});

function call(): Promise<string> {
  return new Promise((resolve, reject) => {
    const deadline = { deadline: Date.now() + 20_000 };
    client.makeUnaryRequest(method, bytes, bytes, Buffer.alloc(0), deadline, (error: ServiceError | null, value) => {
      if (error) reject(error);
      else resolve(value!.toString());
    });
  });
}

for (let last = "";;) {
  const answer = await call();
  if (answer !== last) console.log(answer);
  last = answer;
}
