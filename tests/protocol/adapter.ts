/**
 * `adapter.ts PROTO`: an xDS server over an XdsCache, and beside it the service by which the conformance suite of
 * github.com/ii/xds-test-harness sets what is served. PROTO is the suite's own description of that service. Writes the ports
 * of both to a line of JSON, and serves until its standard input ends.
 */
import { Buffer } from "node:buffer";
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { startXdsServer, type XdsServer } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache } from "../../src/xds/mod.ts";
import { addRelay } from "./suite_relay.ts";
import { SuiteState, suiteType } from "./suite_state.ts";

/** What the suite sends: SetStateRequest or ResourceRequest, as protobufjs reads them. */
interface SuiteRequest {
  readonly node: string;
  readonly version: string;
  readonly typeUrl: string;
  readonly resourceName: string;
  readonly resources: readonly { type_url: string; value: Uint8Array }[];
}

type Method = "SetState" | "ClearState" | "UpdateResource" | "AddResource" | "RemoveResource";

/**
 * The suite unsubscribes on one connection and at once has the resource changed on another, and then wants no word of the
 * change. Which of the two is heard first is chance, so a change waits this long for what was sent before it.
 */
const SETTLE_MS = 250;

/** `name` (or `cluster_name`) is field 1 of every type that the suite sets, and all that it sets. */
const nameIn = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(2, 2 + bytes[1]!));

function actionsOn(state: SuiteState): Record<Method, (request: SuiteRequest) => void> {
  const change = ({ node, version, typeUrl, resourceName }: SuiteRequest) =>
    state.change(node, version, suiteType(typeUrl), resourceName);
  return {
    SetState: ({ node, version, resources }) => {
      const named = resources.map(({ type_url, value }) => ({ type: suiteType(type_url), name: nameIn(value) }));
      state.set(node, version, named);
    },
    ClearState: ({ node }) => state.clear(node),
    UpdateResource: change,
    AddResource: change,
    RemoveResource: ({ node, version, typeUrl, resourceName }) =>
      state.remove(node, version, suiteType(typeUrl), resourceName),
  };
}

/** Adds the suite's service, as its own file describes it. */
function addAdapter(server: Server, proto: string, state: SuiteState): void {
  const root = new protobuf.Root();
  root.addJSON(protobuf.common.get("google/protobuf/any.proto")!.nested!);
  protobuf.parse(proto, root, { keepCase: false });
  root.resolveAll();
  const actions = actionsOn(state);
  const service = root.lookupService("adapter.Adapter");
  for (const method of service.methodsArray) {
    const [request, response] = [method.resolvedRequestType!, method.resolvedResponseType!];
    const action = actions[method.name as Method];
    const definition = {
      path: `/adapter.Adapter/${method.name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: object) => Buffer.from(request.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) =>
        request.toObject(request.decode(bytes), { defaults: true }) as SuiteRequest,
      responseSerialize: (message: object) => Buffer.from(response.encode(message).finish()),
      responseDeserialize: (bytes: Buffer) => response.decode(bytes),
    };
    const handle = async (call: ServerUnaryCall<SuiteRequest, object>, reply: sendUnaryData<object>) => {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      try {
        action(call.request);
        reply(null, response.fields.success === undefined ? { response: "cleared" } : { success: true });
      } catch (error) {
        reply(error as Error);
      }
    };
    server.addService({ [method.name]: definition }, { [method.name]: handle });
  }
}

function bind(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    const credentials = ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (error, port) => error ? reject(error) : resolve(port));
  });
}

async function startTarget(cache: XdsCache): Promise<XdsServer> {
  return await startXdsServer({
    address: "127.0.0.1:0",
    cache,
    clock: systemClock,
    logger: silentLogger,
    metrics: await createMetrics(),
    // The suite waits 3 s for a removal; by itself Sluice keeps removed clusters for longer, until routes have let go of them.
    limits: { clusterWaitMs: 500, graceMs: 100 },
  });
}

const cache = new XdsCache();
const state = new SuiteState(cache);
const [target, adapter] = [new Server(), new Server()];
addRelay(target, (await startTarget(cache)).address, (node) => state.version(node));
addAdapter(adapter, Deno.readTextFileSync(Deno.args[0]!), state);
console.log(JSON.stringify({ target: await bind(target), adapter: await bind(adapter) }));
for await (const _ of Deno.stdin.readable);
Deno.exit(0);
