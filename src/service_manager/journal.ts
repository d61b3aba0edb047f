import { fstatSync } from "node:fs";

/** What a line begins with that tells of an error (sd-daemon(3)). */
export const ERROR_PRIORITY = "<3>";

const STDERR = 2;

/**
 * Whether standard error is the journal itself: `journalStream`, from $JOURNAL_STREAM, is its device and inode. A child whose
 * output somebody else takes inherits the variable, but not the stream.
 */
export function isJournal(journalStream: string): boolean {
  const { dev, ino } = fstatSync(STDERR);
  return journalStream === `${dev}:${ino}`;
}
