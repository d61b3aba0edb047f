import { chmod, stat, unlink } from "node:fs/promises";
import { connect } from "node:net";

/**
 * Removes a socket that a server which is gone left behind. One on which somebody listens is left alone, so that binding
 * fails, unless it is `ours` alone.
 */
export async function freeSocket(path: string, ours: boolean): Promise<void> {
  const there = await stat(path).then((found) => found.isSocket(), () => false);
  if (there && (ours || !await isListening(path))) await unlink(path);
}

/** Lets only the owner connect, and the group unless it is `ours` alone. */
export async function guardSocket(path: string, ours: boolean): Promise<void> {
  await chmod(path, ours ? 0o600 : 0o660);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
