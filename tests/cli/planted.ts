/**
 * Run before main.ts by `--preload`: when the command prints, or once it listens for signals as `serve` does, it tries one thing
 * of each kind of permission, tells on standard error what it got, and ends the process.
 */
const folder = Deno.env.get("TMPDIR")!;

function got(attempt: () => unknown): boolean {
  try {
    return attempt() !== undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

const granted = (name: string): boolean =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted";

function attempts(): never {
  const outcome = {
    read: got(() => Deno.readTextFileSync(`${folder}/secret`)),
    write: got(() => Deno.writeTextFileSync(`${folder}/planted`, "x") ?? true),
    net: got(() => Deno.listen({ hostname: "127.0.0.1", port: 0 })),
    env: got(() => Deno.env.get("POD_NAMESPACE")),
    envUnlisted: got(() => Deno.env.get("PLANTED_SECRET")),
    run: got(() => new Deno.Command("envoy").outputSync()),
    runOther: got(() => new Deno.Command("/bin/sh", { args: ["-c", "true"] }).outputSync()),
    sys: got(() => Deno.hostname()),
    ffi: granted("ffi"),
    import: granted("import"),
  };
  Deno.stderr.writeSync(new TextEncoder().encode(JSON.stringify(outcome)));
  Deno.exit(0);
}

console.log = attempts;
Deno.addSignalListener = attempts;
