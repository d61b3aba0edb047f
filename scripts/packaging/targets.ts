/** A kind of machine that an executable is for. */
export interface Target {
  /** As files in `dist/` are named after it. */
  readonly name: string;
  /** As `deno compile --target` calls it. */
  readonly triple: string;
  /** The npm package that holds the deno binary for it. */
  readonly denoPackage: string;
}

/** Those that Deno offers, but for Windows: it has neither the signals nor the sockets that Sluice is built on. */
export const TARGETS: readonly Target[] = [
  { name: "linux-x64", triple: "x86_64-unknown-linux-gnu", denoPackage: "@deno/linux-x64-glibc" },
  { name: "linux-arm64", triple: "aarch64-unknown-linux-gnu", denoPackage: "@deno/linux-arm64-glibc" },
  { name: "darwin-x64", triple: "x86_64-apple-darwin", denoPackage: "@deno/darwin-x64" },
  { name: "darwin-arm64", triple: "aarch64-apple-darwin", denoPackage: "@deno/darwin-arm64" },
];

/** The machine that this runs on. */
export function hostTarget(): Target {
  const target = TARGETS.find(({ triple }) => triple === Deno.build.target);
  if (!target) throw new Error(`Deno offers no executable for ${Deno.build.target}`);
  return target;
}
