import { join } from "node:path";

/** A Secret as the kubelet mounts it: files are links by way of the link `..data`, which is moved when the Secret changes. */
export class MountedSecret {
  readonly folder: string;
  #version = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async mount(data: Readonly<Record<string, string>>): Promise<MountedSecret> {
    const mounted = new MountedSecret(await Deno.makeTempDir({ prefix: "sluice_secret_" }));
    await mounted.turn(data);
    for (const name of Object.keys(data)) await Deno.symlink(join("..data", name), join(mounted.folder, name));
    return mounted;
  }

  /** Puts other data in the place of what there is, in the kubelet's steps. */
  async turn(data: Readonly<Record<string, string>>): Promise<void> {
    const [former, next] = [`..version_${this.#version++}`, `..version_${this.#version}`];
    await Deno.mkdir(join(this.folder, next));
    for (const [name, text] of Object.entries(data)) await Deno.writeTextFile(join(this.folder, next, name), text);
    await Deno.symlink(next, join(this.folder, "..data_tmp"));
    await Deno.rename(join(this.folder, "..data_tmp"), join(this.folder, "..data"));
    if (this.#version > 1) await Deno.remove(join(this.folder, former), { recursive: true });
  }

  async unmount(): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
