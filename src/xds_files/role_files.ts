import { TYPE_URL } from "../envoy/mod.ts";
import { rest, runInSlices, systemClock } from "../telemetry/mod.ts";
import { type Outgoing, type XdsResource, xdsTypeOf } from "../xds/mod.ts";
import { discoveryFile, readDiscoveryFile } from "./discovery_file.ts";
import { type Disk, fileMode } from "./disk.ts";
import {
  CLUSTERS_FILE,
  type FileType,
  isOurs,
  LISTENERS_FILE,
  MOST_FILES,
  resourceFile,
  TYPE_FOLDER,
} from "./layout.ts";
import { OwnFiles } from "./own_files.ts";
import { textOf, valueOf } from "./wire.ts";
import { type Find, type ReferredType, type Turned, withoutAds } from "./without_ads.ts";

/** How many files are written at the same time. */
const PARALLEL = 16;

/** Field number of `name` in envoy.config.cluster.v3.Cluster. */
const CLUSTER_NAME = 1;

type WholeType = "cluster" | "listener";
const WHOLE_FILE: Readonly<Record<WholeType, string>> = { cluster: CLUSTERS_FILE, listener: LISTENERS_FILE };
const FILE_TYPES = Object.keys(TYPE_FOLDER) as FileType[];

/**
 * The files of one role: what they should hold, and what of that is not yet written. They are written in an order in which
 * they can be used whenever writing breaks off: what is referred to goes before what refers to it, and is removed after it.
 */
export class RoleFiles {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #onWritten: () => void;
  readonly #wanted: Readonly<Record<ReferredType | WholeType, Map<string, XdsResource>>> = {
    secret: new Map(),
    endpoint: new Map(),
    cluster: new Map(),
    route: new Map(),
    listener: new Map(),
  };
  readonly #own: Readonly<Record<FileType, OwnFiles>> = {
    secret: new OwnFiles(MOST_FILES.secret),
    route: new OwnFiles(MOST_FILES.route),
  };
  /** Names of resources that may be other than in their files, or than in what they are part of. */
  readonly #due: Readonly<Record<FileType, Set<string>>> = { secret: new Set(), route: new Set() };
  readonly #wholeDue = new Set<WholeType>();
  /** What is in the files of whole types, which lags behind what is wanted where something it refers to is not there. */
  readonly #shown: Record<WholeType, ReadonlyMap<string, XdsResource>> = { cluster: new Map(), listener: new Map() };
  /** Versions of files that are known to be as they should. */
  readonly #there = new Map<string, string>();
  readonly #gone = new Set<string>();
  /** Files of resources that an earlier process left. */
  readonly #left = new Set<string>();
  /** Clusters that an earlier process left in the file: routes that an Envoy is using may need them. */
  readonly #inherited = new Map<string, Uint8Array>();
  #turned = new WeakMap<XdsResource, Turned>();
  #prepared = false;
  #mode = 0o600;

  /** @param folder Absolute; it is made where it is not there, but not the folders above it. */
  constructor(folder: string, disk: Disk, onWritten: () => void) {
    this.#folder = folder;
    this.#disk = disk;
    this.#onWritten = onWritten;
  }

  /** Takes in what an Envoy would now be told. */
  take({ typeUrl, resources, removed }: Outgoing): void {
    const type = xdsTypeOf(typeUrl);
    if (type === undefined || type === "virtualHost") return;
    for (const resource of resources) this.#wanted[type].set(resource.name, resource);
    for (const name of removed) this.#wanted[type].delete(name);
    if (type === "cluster" || type === "listener") this.#wholeDue.add(type);
    else if (type === "endpoint") this.#wholeDue.add("cluster");
    else this.#takeOwn(type, resources, removed);
  }

  #takeOwn(type: FileType, resources: readonly XdsResource[], removed: readonly string[]): void {
    for (const { name } of resources) {
      this.#due[type].add(name);
      this.#gone.delete(resourceFile(type, name));
    }
    for (const name of removed) {
      this.#due[type].delete(name);
      if (!this.#own[type].forget(name)) continue;
      this.#gone.add(resourceFile(type, name));
      // Should it come back, it may have no file: what refers to it is then made anew.
      this.#turned = new WeakMap();
    }
  }

  /** Writes what is due. Rejects at the first file that cannot be written; the next call goes on from there. */
  async write(): Promise<void> {
    await this.#prepare();
    await this.#writeDue("secret");
    await this.#writeWhole("cluster");
    await this.#writeDue("route");
    await this.#writeWhole("listener");
    for (const path of this.#gone) {
      await this.#disk.remove(`${this.#folder}/${path}`);
      this.#there.delete(path);
      this.#gone.delete(path);
    }
  }

  /** What an earlier process left and nobody wants is to go with the next write. */
  dropLeft(): void {
    if (this.#inherited.size > 0) this.#wholeDue.add("cluster");
    this.#inherited.clear();
    for (const type of FILE_TYPES) {
      for (const name of this.#wanted[type].keys()) {
        if (this.#own[type].has(name)) this.#left.delete(resourceFile(type, name));
      }
    }
    for (const path of this.#left) this.#gone.add(path);
    this.#left.clear();
  }

  async #prepare(): Promise<void> {
    const parent = await this.#disk.modeOf(this.#folder.slice(0, this.#folder.lastIndexOf("/")));
    let isNew = await this.#disk.makeFolder(this.#folder, parent);
    const mode = await this.#disk.modeOf(this.#folder);
    this.#mode = fileMode(mode);
    for (const folder of Object.values(TYPE_FOLDER)) {
      isNew = await this.#disk.makeFolder(`${this.#folder}/${folder}`, mode) || isNew;
    }
    if (this.#prepared) return void (isNew && this.#writeAll());
    const found = await this.#disk.read(`${this.#folder}/${CLUSTERS_FILE}`);
    if (found) { for (const [name, bytes] of clustersIn(found.bytes)) this.#inherited.set(name, bytes); }
    for (const folder of Object.values(TYPE_FOLDER)) {
      const names = await this.#disk.list(`${this.#folder}/${folder}`);
      for (const name of names.filter(isOurs)) this.#left.add(`${folder}/${name}`);
    }
    this.#prepared = true;
  }

  /** Somebody took the folder away. */
  #writeAll(): void {
    this.#there.clear();
    this.#wholeDue.add("cluster").add("listener");
    for (const type of FILE_TYPES) this.#wanted[type].forEach((_, name) => this.#due[type].add(name));
  }

  /** Resources with files of their own go there; what others are part of is due. */
  async #writeDue(type: FileType): Promise<void> {
    const names = [...this.#due[type]];
    this.#own[type].choose(names, (name) => this.#left.has(resourceFile(type, name)));
    for (let start = 0; start < names.length; start += PARALLEL) {
      if (start > 0) await rest(systemClock);
      await Promise.all(names.slice(start, start + PARALLEL).map((name) => this.#writeOwn(type, name)));
    }
    if (type === "route" || names.length === 0) return;
    this.#wholeDue.add("cluster").add("listener");
  }

  async #writeOwn(type: FileType, name: string): Promise<void> {
    const resource = this.#wanted[type].get(name)!;
    const path = resourceFile(type, name);
    const isNew = !this.#there.has(path);
    if (this.#own[type].has(name)) {
      await this.#put(path, resource.version, () => discoveryFile(resource.typeUrl, [resource.bytes]).bytes);
    }
    this.#due[type].delete(name);
    // A listener may have waited for this, or has it inside.
    if (isNew) this.#wholeDue.add("listener");
  }

  async #writeWhole(type: WholeType): Promise<void> {
    if (!this.#wholeDue.has(type)) return;
    const shown = new Map<string, XdsResource>();
    for (const [name, resource] of this.#wanted[type]) {
      const one = [resource, this.#shown[type].get(name)].find((one) => one && this.#isUsable(one));
      if (one) shown.set(name, one);
    }
    const resources = await runInSlices(this.#turnedOf(type, shown), systemClock);
    if (type === "cluster") {
      for (const name of shown.keys()) this.#inherited.delete(name);
      resources.push(...this.#inherited.values());
    }
    const { version, bytes } = discoveryFile(TYPE_URL[type], resources);
    await this.#put(WHOLE_FILE[type], version, () => bytes);
    this.#shown[type] = shown;
    this.#wholeDue.delete(type);
  }

  /** Envoy refuses a listener or cluster that names a file that is not there. */
  #isUsable({ refs }: XdsResource): boolean {
    const isThere = (type: FileType) => (name: string) =>
      this.#wanted[type].has(name) && (!this.#own[type].has(name) || this.#there.has(resourceFile(type, name)));
    return (refs.routes ?? []).every(isThere("route")) && (refs.secrets ?? []).every(isThere("secret")) &&
      (refs.endpoints ?? []).every((name) => this.#wanted.endpoint.has(name));
  }

  *#turnedOf(type: WholeType, set: ReadonlyMap<string, XdsResource>): Generator<void, Uint8Array[]> {
    const find: Find = (type, name) => {
      const resource = this.#wanted[type].get(name);
      if (!resource || type === "endpoint" || !this.#own[type].has(name)) return resource && { resource };
      return { resource, path: `${this.#folder}/${resourceFile(type, name)}` };
    };
    const isNewest = (one: XdsResource) => this.#wanted[xdsTypeOf(one.typeUrl) as ReferredType].get(one.name) === one;
    const all: Uint8Array[] = [];
    for (const resource of set.values()) {
      let turned = this.#turned.get(resource);
      if (!turned || ![...turned.inside].every(isNewest)) {
        this.#turned.set(resource, turned = withoutAds(type, resource, find));
        yield;
      }
      all.push(turned.bytes);
    }
    return all;
  }

  /** Makes a file hold this; one of which nothing is known is looked at first, and stays where it holds it already. */
  async #put(path: string, version: string, content: () => Uint8Array): Promise<void> {
    const known = this.#there.get(path);
    if (known === version) return;
    const [whole, bytes] = [`${this.#folder}/${path}`, content()];
    if (known === undefined) {
      const found = await this.#disk.read(whole);
      if (found && found.mode === this.#mode && isEqual(found.bytes, bytes)) return void this.#there.set(path, version);
    }
    this.#there.delete(path);
    await this.#disk.replace(whole, bytes, this.#mode);
    this.#there.set(path, version);
    this.#onWritten();
  }
}

/** The clusters in a file by name; none where the file is damaged. */
function clustersIn(file: Uint8Array): [string, Uint8Array][] {
  try {
    return readDiscoveryFile(file).map((bytes) => [textOf(valueOf(bytes, CLUSTER_NAME)), bytes]);
  } catch {
    return [];
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
