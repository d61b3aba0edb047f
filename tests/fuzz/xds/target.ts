import { bytesOf } from "../bytes.ts";
import { type FuzzTarget, holds, within } from "../target.ts";
import { Random } from "../../incremental/random.ts";
import { checkResponses, checkSecrets } from "./check.ts";
import { Connection } from "./connection.ts";
import { mutateScript, scriptFrom } from "./generate.ts";
import { bytesOfScript, endings, readScript, type Script, streamId } from "./script.ts";
import { OTHER_ROLE, ROLE, type Stage, startStage } from "./stage.ts";

/** More memory than this the server does not need, however many inputs there were. */
const MOST_MEMORY = 700 * 1024 * 1024;
const PATIENCE_SECONDS = 30;
const SEEDS = 40;

/** Clients of the xDS server that say anything, beside one that must go on being served. */
export async function createXdsTarget(): Promise<FuzzTarget> {
  const stage = await startStage();
  const secretsOf = new Map<string, ReadonlySet<string>>();
  const names = new Set<string>();
  for (const role of [ROLE, OTHER_ROLE]) {
    const served = await servedTo(stage, role);
    secretsOf.set(role, new Set(served.secrets));
    for (const name of Object.values(served).flat()) names.add(name);
  }
  const known = [...names].sort();
  let answered = 0;
  return {
    name: "xds",
    seeds() {
      const random = new Random(1);
      return Promise.resolve(Array.from({ length: SEEDS }, () => bytesOf(JSON.stringify(scriptFrom(random, known)))));
    },
    mutate: (random, pool) => mutateScript(random, pool, known),
    async run(input) {
      answered += await runScript(stage, readScript(input), secretsOf);
    },
    async finish() {
      holds(answered > 0, "nothing was ever answered, so nothing was looked at");
      const memory = await stage.memory();
      holds(memory < MOST_MEMORY, `the server has ${Math.round(memory / 2 ** 20)} MiB`);
    },
    close: () => stage.close(),
  };
}

/** Names of everything that a role is served, by type. */
async function servedTo({ sluice }: Stage, role: string): Promise<Record<string, string[]>> {
  const page = await sluice.page(`/snapshots/xds?node=${role}`);
  const snapshot = await page.json() as Record<string, { name?: string; clusterName?: string }[]>;
  return Object.fromEntries(
    Object.entries(snapshot).map(([type, list]) => [type, list.map((one) => one.name ?? one.clusterName ?? "")]),
  );
}

/** Gives how many responses there were. */
async function runScript(
  stage: Stage,
  script: Script,
  secretsOf: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<number> {
  const bytes = bytesOfScript(script);
  let answered = 0;
  const allowed = ["nobody", ROLE, OTHER_ROLE].filter((role) => asksAs(script, bytes, role));
  const received: Uint8Array[] = [];
  const connection = await Connection.open(stage.sluice.xds, (data) => received.push(data));
  try {
    await connection.send(bytes);
    // The server has read what was sent, and written what it says to that.
    await stage.serveBystander();
    await stage.serveBystander();
    await connection.send(endings(script));
    if ("raw" in script) await connection.closeWrite();
    else {
      for (const [index, { end, messages }] of script.streams.entries()) {
        // grpc-js waits on for the rest of a message that is cut short, as long as the connection lasts.
        if (end !== "half" || messages.some(({ length }) => length !== undefined)) continue;
        const what = `stream ${index} is still open, though the client ended it`;
        await within(PATIENCE_SECONDS, what, connection.stream(streamId(index)).ended);
      }
      script.streams.forEach((stream, index) => {
        const { messages } = connection.stream(streamId(index));
        answered += messages.length;
        checkResponses(stream, messages);
        checkSecrets(stream, messages, secretsOf);
      });
    }
  } finally {
    await connection.close();
  }
  await stage.serveBystander();
  await stage.checkQuiet();
  const text = received.map((data) => new TextDecoder("latin1").decode(data)).join("");
  for (const [role, key] of Object.entries(stage.keys)) {
    holds(allowed.includes(role) || !text.includes(key), `the key of ${role} was sent to somebody else`);
  }
  return answered;
}

/** Whether somewhere in what was sent a client says that it has this role. */
function asksAs(script: Script, bytes: Uint8Array, role: string): boolean {
  return new TextDecoder("latin1").decode(bytes).includes(role) || JSON.stringify(script).includes(role);
}
