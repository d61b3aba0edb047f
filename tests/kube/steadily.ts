import { send } from "../envoy/harness.ts";

/** Asks one after the other without a pause, and counts answers that are not as they should be. */
export function steadily(port: number, host: string, wanted: string) {
  const counts = { sent: 0, failed: 0, last: "" };
  let running = true;
  const done = (async () => {
    while (running) {
      const { status, body } = await send(port, "/", { host }).catch((error) => ({ status: 0, body: String(error) }));
      counts.sent++;
      if (status !== 200 || body !== wanted) {
        counts.failed++;
        counts.last = `${status} ${body}`;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return { counts, stop: async () => (running = false, await done) };
}
