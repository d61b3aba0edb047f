import { type Bed, captureForFloor, type Running, withSubject } from "./bed.ts";
import { measureEdits, measureIdle, measureStart } from "./phases.ts";
import type { CaseResult } from "./results.ts";
import { startFloor, startOther, startSluice, type Subject } from "./subjects.ts";

/** The parts of the bench that look through Envoy. */
export interface CaseOptions {
  /** How often each subject is started. */
  readonly starts: number;
  /** Seconds of idling; 0 leaves it out. */
  readonly idleSeconds: number;
  /** Number of edits alone, and of edits under churn; 0 leaves it out. */
  readonly edits: number;
  readonly churnEdits: number;
  readonly floor: boolean;
  /** A control plane in Sluice's place. */
  readonly command?: string;
}

const FLOOR_IDLE_SECONDS = 10;

/**
 * Sluice and the floor take turns at starting; the last start of each goes on to the other parts. Results are handed over
 * as they come, so that nothing is lost where a later part fails.
 */
export async function measureCase(
  bed: Bed,
  options: CaseOptions,
  begin: (result: CaseResult) => void,
): Promise<void> {
  const { floor, command, starts } = options;
  const subjects: [CaseResult["subject"], () => Subject][] = [
    command === undefined ? ["sluice", () => startSluice(bed)] : ["other", () => startOther(bed, command)],
  ];
  if (floor) {
    await captureForFloor(bed);
    subjects.push(["floor", () => startFloor(bed, bed.form)]);
  }
  const results = subjects.map(([subject]): CaseResult => ({ size: bed.size, xds: bed.form, subject, starts: [] }));
  results.forEach(begin);
  for (let round = 1; round <= starts; round++) {
    for (const [index, [, start]] of subjects.entries()) {
      console.error(`  ${results[index]!.subject}, start ${round} of ${starts}`);
      await withSubject(bed, start, async (running) => {
        results[index]!.starts.push(await measureStart(running));
        // The floor does nothing by itself: a look suffices.
        const idleSeconds = index === 0 ? options.idleSeconds : Math.min(options.idleSeconds, FLOOR_IDLE_SECONDS);
        if (round === starts) await measureRunning(running, { ...options, idleSeconds }, results[index]!);
      });
    }
  }
}

async function measureRunning(running: Running, options: CaseOptions, result: CaseResult): Promise<void> {
  const { idleSeconds, edits, churnEdits } = options;
  let idleRate = 0;
  if (idleSeconds > 0) {
    result.idle = await measureIdle(running, idleSeconds);
    idleRate = result.idle.cpuMs / result.idle.seconds;
  }
  if (edits > 0) result.edits = await measureEdits(running, { count: edits, idleRate, churn: false });
  if (churnEdits > 0) result.churn = await measureEdits(running, { count: churnEdits, idleRate, churn: true });
}
