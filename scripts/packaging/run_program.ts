/** Where and with which variables beside its own a program runs. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program and gives what it prints. Throws with its complaint where it fails. */
export async function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { success, code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    ...options,
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${text(stderr).trim()}`);
  return text(stdout);
}
