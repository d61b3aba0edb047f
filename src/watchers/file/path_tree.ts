/** Values by the path of a file, with a quick answer to what is below a folder. Paths have no slash at their end. */
export class PathTree<T> {
  readonly #folders = new Map<string, Folder<T>>();

  get(path: string): T | undefined {
    return this.#folders.get(folderOf(path))?.files.get(path);
  }

  set(path: string, value: T): void {
    this.#folder(folderOf(path)).files.set(path, value);
  }

  delete(path: string): void {
    const folder = folderOf(path);
    this.#folders.get(folder)?.files.delete(path);
    this.#prune(folder);
  }

  /** The file of this path, and all below the folder of this path. What was given may be deleted meanwhile. */
  *within(path: string): Generator<T, void> {
    const file = this.get(path);
    if (file !== undefined) yield file;
    yield* this.#below(path);
  }

  *#below(path: string): Generator<T, void> {
    const folder = this.#folders.get(path);
    if (!folder) return;
    yield* folder.files.values();
    for (const below of folder.folders) yield* this.#below(below);
  }

  #folder(path: string): Folder<T> {
    let folder = this.#folders.get(path);
    if (folder) return folder;
    folder = { files: new Map(), folders: new Set() };
    this.#folders.set(path, folder);
    if (path !== "") this.#folder(folderOf(path)).folders.add(path);
    return folder;
  }

  #prune(path: string): void {
    const folder = this.#folders.get(path);
    if (!folder || folder.files.size > 0 || folder.folders.size > 0) return;
    this.#folders.delete(path);
    if (path === "") return;
    this.#folders.get(folderOf(path))?.folders.delete(path);
    this.#prune(folderOf(path));
  }
}

interface Folder<T> {
  /** By whole path: the string is that of the value, so that nothing is kept twice. */
  readonly files: Map<string, T>;
  /** Whole paths. */
  readonly folders: Set<string>;
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
