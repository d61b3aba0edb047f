import { isDeepStrictEqual } from "node:util";
import { idKey, type ResourceId } from "../../src/api/mod.ts";
import type { Document, Documents } from "./documents.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What edits are made with. */
export interface Editing {
  readonly world: World;
  readonly documents: Documents;
  readonly random: Random;
  /** Forms that documents had before, to go back to; edits append to it. */
  readonly past: Document[];
}

/** Makes some random edits of the world, and tells what they were: one alone often changes nothing that is served. */
export function randomEdits(editing: Editing): string[] {
  const count = editing.random.pick([1, 2, 4, 6]);
  return Array.from({ length: count }, () => randomEdit(editing));
}

function randomEdit(editing: Editing): string {
  const { documents, random, world } = editing;
  const id = documents.id(documents.kind());
  const document = world.get(id);
  if (!document) return put(editing, "create", documents.make(id));
  return random.weighed([
    [8, () => put(editing, "graft", grafted(editing, document))],
    [2, () => put(editing, "replace", { ...documents.make(id), metadata: document.metadata })],
    [2, () => put(editing, "relabel", relabelled(editing, document))],
    [1, () => put(editing, "save again", structuredClone(document))],
    [3, () => remove(editing, id)],
    [2, () => move(editing, document)],
    [1, () => swap(editing, document)],
    [3, () => goBack(editing, document)],
  ]);
}

function put({ world, past }: Editing, what: string, document: Document): string {
  const before = world.get(idOf(document));
  if (before) past.push(before);
  world.put(document);
  return `${what} ${idKey(idOf(document))}: ${JSON.stringify(document.metadata)} ${JSON.stringify(document.spec)}`;
}

function remove({ world, past }: Editing, id: ResourceId): string {
  past.push(world.get(id)!);
  world.remove(id);
  return `remove ${idKey(id)}`;
}

/** A rename, or a move to another namespace, over whatever is there. */
function move(editing: Editing, document: Document): string {
  const { name, namespace } = editing.documents.id(document.kind);
  remove(editing, idOf(document));
  return put(editing, `move ${idKey(idOf(document))} to`, at(document, { name, namespace }));
}

/** Two resources of a kind change places. */
function swap(editing: Editing, document: Document): string {
  const other = editing.world.get(editing.documents.id(document.kind)) ?? document;
  put(editing, "swap", at(document, other.metadata));
  return put(editing, `swap ${idKey(idOf(document))} with`, at(other, document.metadata));
}

/** To a form that some resource had before: what was is equal, but another object. */
function goBack(editing: Editing, document: Document): string {
  const { past, random } = editing;
  const ofKind = past.filter(({ kind }) => kind === document.kind);
  if (ofKind.length === 0) return remove(editing, idOf(document));
  return put(editing, "go back", random.pick(ofKind));
}

/** With other labels, annotations and age. */
function relabelled({ documents }: Editing, document: Document): Document {
  const { name, namespace } = document.metadata;
  return { ...document, metadata: { name, namespace, ...documents.metadata(document.kind) } };
}

/** With a part of another document of the kind in the place of its own. */
function grafted({ documents, random }: Editing, document: Document): Document {
  let spec: object = document.spec;
  for (let i = 0; i < 5 && isDeepStrictEqual(spec, document.spec); i++) {
    spec = graft(random, document.spec, documents.make(idOf(document)).spec) as object;
  }
  return { ...document, spec };
}

/** Somewhere in `stock` puts what `scion` has there; larger parts get more of it. */
function graft(random: Random, stock: unknown, scion: unknown): unknown {
  if (Array.isArray(stock) && Array.isArray(scion)) {
    const i = random.below(stock.length);
    if (stock.length > 0 && scion.length > 0 && !random.oneIn(4)) {
      return stock.with(i, graft(random, stock[i], scion[random.below(scion.length)]));
    }
    return random.pick([[...stock, ...scion], stock.toSpliced(i, 1), stock.toReversed(), scion]);
  }
  if (isObject(stock) && isObject(scion) && !random.oneIn(8)) {
    const fields = [...new Set([...Object.keys(stock), ...Object.keys(scion)])];
    if (fields.length === 0) return stock;
    const weights = fields.map((field) => [sizeOf(stock[field]) + sizeOf(scion[field]), () => field] as const);
    const field = random.weighed(weights);
    const { [field]: own, ...others } = stock;
    const theirs = scion[field];
    if (theirs === undefined) return others;
    return own === undefined ? replaceMember(stock, scion, field) : { ...stock, [field]: graft(random, own, theirs) };
  }
  return scion;
}

const sizeOf = (value: unknown): number => Math.ceil(Math.sqrt(JSON.stringify(value ?? null).length));

/** Fields of which an object may have one only: with one of them the others go. */
const ONEOFS: readonly (readonly string[])[] = [
  ["httpGateway", "tcpGateway", "hybridGateway"],
  ["routeAction", "redirectAction", "directResponseAction", "delegateAction", "graphqlApiRef"],
  ["single", "multi", "upstreamGroup", "clusterHeader", "dynamicForwardProxy", "forwardSniClusterName"],
  ["upstream", "kube"],
  ["prefix", "exact", "regex"],
  ["ref", "selector"],
  ["secretRef", "sslFiles"],
  ["httpListener", "tcpListener", "hybridListener", "aggregateListener"],
  ["static", "pipe", "consul", "kube"],
  ["hostRewrite", "autoHostRewrite"],
  ["header", "headerSecretRef"],
  ["random", "ringHash"],
  ["tls", "header", "oauth"],
];

function replaceMember(stock: Fields, scion: Fields, field: string): Fields {
  const rivals = ONEOFS.filter((group) => group.includes(field)).flat();
  const kept = Object.entries(stock).filter(([name]) => !rivals.includes(name));
  return { ...Object.fromEntries(kept), [field]: scion[field] };
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function at(document: Document, { name, namespace }: { readonly name: string; readonly namespace: string }): Document {
  return { ...document, metadata: { ...document.metadata, name, namespace } };
}

function idOf({ kind, metadata: { name, namespace } }: Document): ResourceId {
  return { kind, namespace, name };
}
