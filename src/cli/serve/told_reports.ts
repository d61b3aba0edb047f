import { isSourceRef, type Report } from "../../report/mod.ts";
import type { Logger } from "../../telemetry/mod.ts";

/** Tells the log of faults that belong to no resource: they become no status. All of them, whenever one is another. */
export class ToldReports {
  #told = "";

  tell(all: readonly Report[], logger: Logger): void {
    const reports = all.filter(({ ref }) => isSourceRef(ref));
    const text = JSON.stringify(reports);
    if (text === this.#told) return;
    this.#told = text;
    for (const { code, message, location } of reports) {
      logger.warn(message, { code, ...(location ? { file: location.file, line: location.line } : {}) });
    }
  }
}
