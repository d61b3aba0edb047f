/**
 * The floor: a gRPC server that holds what Sluice sent for the same configuration and does nothing else. Started by the
 * bench as `floor_server.ts FOLDER sotw|delta PORT`. A line `INDEX EDIT` on standard input changes one route of one
 * VirtualService; it ends with its standard input.
 */
import type { Buffer } from "node:buffer";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { domainOf, EDIT_MARKER, editedPrefix } from "./configuration.ts";
import { eachLine } from "./lines.ts";
import { loadCapture } from "./xds/capture.ts";
import { FloorResources, FloorStream } from "./xds/floor.ts";
import { ADS_PATH, type XdsForm } from "./xds/wire.ts";

const [folder, form, port] = Deno.args as [string, XdsForm, string];
const raw = (bytes: Buffer): Buffer => bytes;

const resources = new FloorResources(form, loadCapture(folder));
/** Writes under way to all clients together: a route table to each of a thousand at once would be a thousand copies. */
const MOST_WRITES = 16;
const pumps = new Set<() => void>();
const streams = new Set<FloorStream>();
let writes = 0;

function serve(call: ServerDuplexStream<Buffer, Buffer>): void {
  const stream = new FloorStream(resources);
  let writing = false;
  const pump = (): void => {
    if (writing || writes >= MOST_WRITES) return;
    const response = stream.take();
    if (response === undefined) return;
    writing = true;
    writes++;
    call.write(response, () => {
      if (!writing) return;
      writing = false;
      writes--;
      pumpAll(pump);
    });
  };
  streams.add(stream);
  pumps.add(pump);
  call.on("data", (request: Buffer) => {
    try {
      stream.receive(request);
    } catch (error) {
      console.error(`floor: ${error instanceof Error ? error.message : error}`);
      Deno.exit(1);
    }
    pump();
  });
  call.on("end", () => call.end());
  for (const event of ["error", "close", "cancelled"]) {
    call.on(event, () => {
      if (writing) writes--;
      writing = false;
      streams.delete(stream);
      pumps.delete(pump);
    });
  }
}

/** Those that wait for a turn get it in the order of their coming; who just wrote goes behind the others. */
function pumpAll(last?: () => void): void {
  if (last !== undefined && pumps.delete(last)) pumps.add(last);
  for (const pump of pumps) {
    if (writes >= MOST_WRITES) return;
    pump();
  }
}

const server = new Server({ "grpc.max_receive_message_length": -1 });
server.addService({
  ads: {
    path: ADS_PATH[form],
    requestStream: true,
    responseStream: true,
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  },
}, { ads: serve });
await new Promise<void>((resolve, reject) => {
  server.bindAsync(
    `127.0.0.1:${port}`,
    ServerCredentials.createInsecure(),
    (error) => error ? reject(error) : resolve(),
  );
});
await eachLine(Deno.stdin.readable, (line) => {
  const [index, edit] = line.split(" ").map(Number);
  const resource = resources.edit(domainOf(index!), EDIT_MARKER, editedPrefix(edit!));
  for (const stream of streams) stream.changed(resource);
  pumpAll();
});
Deno.exit();
