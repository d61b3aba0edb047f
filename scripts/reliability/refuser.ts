import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { type DeltaDiscoveryRequest, type DiscoveryRequest, TYPE_URL, xdsMethods } from "../../src/envoy/mod.ts";
import { makeBed, startBackEnd } from "../bench/bed.ts";
import { ROLE } from "../bench/configuration.ts";
import { pause } from "../bench/kept_connection.ts";
import { ProcessTree } from "../bench/process_usage.ts";
import { startSluice } from "../bench/subjects.ts";
import { LightClient } from "../bench/xds/light_client.ts";

/** What a client costs that refuses everything, beside one that accepts everything. */
export interface RefuserFigures {
  readonly form: "sotw" | "delta";
  /** VirtualServices. */
  readonly size: number;
  /** When it comes: responses to it, their MiB, and CPU in milliseconds. */
  readonly responses: number;
  readonly mib: number;
  readonly cpuMs: number;
  /** Ten edits with it: responses to it, and to the other; CPU in milliseconds with it and without. */
  readonly editResponses: number;
  readonly otherResponses: number;
  readonly editCpuMs: number;
  readonly editCpuMsWithout: number;
}

const EDITS = 10;
/** More than one emission. */
const GAP_MS = 1_200;
const SETTLE_MS = 5_000;

export async function measureRefuser(
  form: RefuserFigures["form"],
  size: number,
  scratch: string,
): Promise<RefuserFigures> {
  const backEnd = startBackEnd();
  const bed = await makeBed(`${scratch}/refuser`, size, "delta", backEnd);
  const subject = startSluice(bed);
  const address = `127.0.0.1:${bed.xdsPort}`;
  let others = 0;
  try {
    await pause(SETTLE_MS);
    const tree = new ProcessTree(subject.process.pid);
    const cpu = async () => (await tree.usage()).cpuMs;
    const edit = async () => {
      const before = await cpu();
      for (let i = 0; i < EDITS; i++) {
        subject.change(i * 7 % size, bed.nextEdit());
        await pause(GAP_MS);
      }
      return Math.round(await cpu() - before);
    };
    const onResponse = () => void others++;
    new LightClient({ ...{ address, form: "delta", role: ROLE, nodeId: "accepts" }, onResponse, onEnd: () => {} });
    await pause(SETTLE_MS);
    const editCpuMsWithout = await edit();
    const before = await cpu();
    const refuser = new Refuser(address, form, `listener-127.0.0.1-${bed.listenerPort}-routes`);
    await pause(SETTLE_MS);
    const cpuMs = Math.round(await cpu() - before);
    const { responses, bytes } = refuser;
    const othersBefore = others;
    const editCpuMs = await edit();
    return {
      ...{ form, size, responses, mib: bytes / 1024 / 1024, cpuMs, editCpuMs, editCpuMsWithout },
      editResponses: refuser.responses - responses,
      otherResponses: others - othersBefore,
    };
  } finally {
    await subject.process.stop("SIGKILL");
    await backEnd.stop();
  }
}

/** Asks for all there is, and refuses each response. */
class Refuser {
  responses = 0;
  bytes = 0;

  constructor(address: string, form: RefuserFigures["form"], routes: string) {
    const methods = xdsMethods("envoy.service.discovery.v3.AggregatedDiscoveryService");
    const method = form === "delta" ? methods.delta! : methods.stream!;
    const client = new Client(address, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 });
    const names: Record<string, readonly string[]> = {
      [TYPE_URL.cluster]: [],
      [TYPE_URL.listener]: [],
      [TYPE_URL.route]: [routes],
      ...(form === "delta" ? { [TYPE_URL.virtualHost]: [] } : {}),
    };
    const call = client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize as (request: DiscoveryRequest | DeltaDiscoveryRequest) => Buffer,
      (bytes: Uint8Array) => {
        this.bytes += bytes.length;
        return method.responseDeserialize(bytes as never);
      },
    ) as ClientDuplexStream<DiscoveryRequest | DeltaDiscoveryRequest, { typeUrl?: string; nonce?: string }>;
    call.on("error", () => {});
    call.on("data", ({ typeUrl = "", nonce }) => {
      this.responses++;
      const wanted = form === "delta" ? {} : { resourceNames: [...names[typeUrl] ?? []] };
      call.write({ typeUrl, responseNonce: nonce, ...wanted, errorDetail: { code: 3, message: "I take nothing" } });
    });
    const node = { id: "refuses", userAgentName: "envoy", metadata: { role: ROLE } };
    for (const [typeUrl, wanted] of Object.entries(names)) {
      call.write({
        ...{ node, typeUrl },
        ...(form === "delta" ? { resourceNamesSubscribe: [...wanted] } : { resourceNames: [...wanted] }),
      });
    }
  }
}
