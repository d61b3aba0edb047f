import type { Arguments, Command, Terminal } from "./command.ts";
import { type Grant, type Permission, PERMISSIONS } from "./permissions.ts";

/** What a command line is allowed: the process itself, and the Worker that it starts. */
export interface Allowed {
  readonly command: string;
  readonly main: {
    readonly grants: readonly Grant[];
    /** Kinds of permissions that the process keeps, as it was started with them. */
    readonly keeps: readonly Permission[];
    readonly givesUp: readonly Permission[];
  };
  readonly worker?: { readonly grants: readonly Grant[] };
}

/** What the process itself keeps and gives up before this command runs. */
export async function allowedMain(command: Command, args: Arguments, terminal: Terminal): Promise<Allowed["main"]> {
  const grants = await command.needs?.(args, terminal) ?? [];
  const isKept = (permission: Permission): boolean => grants.some((grant) => grant.permission === permission);
  return {
    grants,
    keeps: PERMISSIONS.filter(isKept),
    givesUp: PERMISSIONS.filter((permission) => !isKept(permission)),
  };
}

/** What the whole command line would be allowed. Starts nothing. */
export async function allowed(command: Command, args: Arguments, terminal: Terminal): Promise<Allowed> {
  const grants = await command.workerNeeds?.(args, terminal);
  const main = await allowedMain(command, args, terminal);
  return { command: command.name, main, ...(grants && { worker: { grants } }) };
}

/** As a table for people. */
export function allowedText({ command, main, worker }: Allowed): string {
  const all = [...main.grants, ...worker?.grants ?? []];
  const width = Math.max(0, ...all.map(({ value }) => value.length));
  const table = (grants: readonly Grant[]): string[] =>
    grants.map(({ permission, value, reason }) => `  ${permission.padEnd(5)}  ${value.padEnd(width)}  ${reason}`);
  const kept = main.keeps.length === 0
    ? "It gives up every permission"
    : `It keeps ${main.keeps.join(", ")}, as Sluice was started with them, and gives up ${main.givesUp.join(", ")}`;
  return [
    `sluice ${command}, the process that reads the command line`,
    ...table(main.grants),
    `  ${kept}.`,
    ...(worker ? ["", "its Worker, which does the work and may do nothing else", ...table(worker.grants)] : []),
  ].join("\n");
}

/** Gives up these kinds for good, and of the environment all that is not granted. Deno narrows nothing else. */
export function giveUp({ givesUp, grants }: Allowed["main"], environment: readonly string[]): void {
  for (const name of givesUp) Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
  const needed = new Set(grants.filter(({ permission }) => permission === "env").map(({ value }) => value));
  for (const variable of environment) {
    if (!needed.has(variable)) Deno.permissions.revokeSync({ name: "env", variable });
  }
}
