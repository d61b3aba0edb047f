import { Random } from "../../incremental/random.ts";
import { type FuzzTarget, holds, within } from "../target.ts";
import { type Stage, startStage } from "../xds/stage.ts";
import { mutateRequests, requestsFrom } from "./generate.ts";

/** More memory than this the server does not need, however many inputs there were. */
const MOST_MEMORY = 700 * 1024 * 1024;
const PATIENCE_SECONDS = 30;
/** No page is longer here. */
const LONGEST_PAGE = 512 * 1024;
const SEEDS = 60;

/** Whatever is written to the admin port, beside a reader and an xDS client that must go on being served. */
export async function createAdminTarget(): Promise<FuzzTarget> {
  const stage = await startStage();
  let answered = 0;
  return {
    name: "admin",
    seeds() {
      const random = new Random(1);
      return Promise.resolve(Array.from({ length: SEEDS }, () => requestsFrom(random)));
    },
    mutate: mutateRequests,
    async run(input) {
      answered += await check(stage, input);
    },
    async finish() {
      holds(answered > 0, "nothing was ever answered, so nothing was looked at");
      await stage.checkQuiet();
      const memory = await stage.memory();
      holds(memory < MOST_MEMORY, `the server has ${Math.round(memory / 2 ** 20)} MiB`);
    },
    close: () => stage.close(),
  };
}

/** Gives how many answers there were. */
async function check(stage: Stage, input: Uint8Array): Promise<number> {
  const answer = await answerTo(new URL(stage.sluice.adminUrl), input);
  const requests = new TextDecoder("latin1").decode(input).split("HTTP/").length;
  holds(answer.length < LONGEST_PAGE * (requests + 1), `${answer.length} bytes are answered to ${requests} requests`);
  for (const [whose, key] of Object.entries(stage.keys)) {
    holds(!answer.includes(key) && !answer.includes(btoa(key)), `the key of ${whose} is shown`);
  }
  // 505 is for a version of HTTP that is none.
  const [fault] = /^HTTP\/1\.[01] 5(?!05)\d\d.*$/m.exec(answer.replaceAll("HTTP/1", "\nHTTP/1")) ?? [];
  holds(fault === undefined, `the server failed: ${fault}`);
  const ready = await within(PATIENCE_SECONDS, "another reader waits", stage.sluice.page("/readyz"));
  holds(await ready.text() === "ready\n" && ready.status === 200, `/readyz says ${ready.status}`);
  await stage.serveBystander();
  return answer.match(/HTTP\/1\.1 200 OK/g)?.length ?? 0;
}

/** Writes, and says that no more comes. A server that has enough may close before. */
async function writeAll(connection: Deno.TcpConn, input: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < input.length;) at += await connection.write(input.subarray(at));
    await connection.closeWrite();
  } catch {
    // What it answered is read all the same.
  }
}

/** All that comes back; the server closes when the client has said that it says no more. */
async function answerTo({ hostname, port }: URL, input: Uint8Array): Promise<string> {
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay();
  const parts: string[] = [];
  const reading = (async () => {
    try {
      const buffer = new Uint8Array(64 * 1024);
      for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
        parts.push(new TextDecoder("latin1").decode(buffer.subarray(0, count)));
      }
    } catch {
      // Reset: the server has closed while it was still being written to.
    }
  })();
  try {
    await writeAll(connection, input);
    await within(PATIENCE_SECONDS, "the connection is still open, though the client says no more", reading);
  } finally {
    try {
      connection.close();
    } catch {
      // Closed by its end.
    }
  }
  return parts.join("");
}
