import { dirname } from "node:path";

/** Routes of each VirtualService. */
export const ROUTES = 5;
const NAMESPACE = "gloo-system";
/** The route of a VirtualService that edits change. */
const EDITED = 2;

/** What the measured configuration is made of. */
export interface ConfigurationShape {
  /** Number of VirtualServices. */
  readonly size: number;
  /** Port of 127.0.0.1 that the Gateway listens on. */
  readonly listenerPort: number;
  /** Port of 127.0.0.1 that all Upstreams lead to. */
  readonly backEndPort: number;
}

/** A request that the finished configuration answers. */
export interface Probe {
  readonly host: string;
  readonly path: string;
}

/** The number of Upstreams that belongs to so many VirtualServices: a tenth. */
export function upstreamCount(size: number): number {
  return Math.max(1, Math.floor(size / 10));
}

/** The last route of the last VirtualService. */
export function lastProbe(size: number): Probe {
  return { host: hostOf(size - 1), path: `/r${ROUTES - 1}/x` };
}

/**
 * Writes VirtualServices, a tenth as many static Upstreams and one Gateway into `folder`, each in a file of its own, as
 * Gloo's directory mode lays them out.
 */
export async function writeConfiguration(folder: string, { size, listenerPort, backEndPort }: ConfigurationShape) {
  const gateway = `bindAddress: 127.0.0.1\nbindPort: ${listenerPort}\nhttpGateway: {}\nproxyNames:\n- gateway-proxy\n`;
  await writeResource(folder, "gateways", "gateway-proxy", gateway);
  const upstreams = upstreamCount(size);
  for (let i = 0; i < upstreams; i++) {
    const spec = `static:\n  hosts:\n  - addr: 127.0.0.1\n    port: ${backEndPort}\n`;
    await writeResource(folder, "upstreams", upstreamName(i), spec);
  }
  for (let i = 0; i < size; i++) {
    await writeResource(folder, "virtualservices", virtualServiceName(i), virtualServiceSpec(i, upstreams));
  }
}

/** Changes the prefix of one route of VirtualService `index`, by writing its file in place; `edit` makes it a new one. */
export function saveEdit(folder: string, size: number, index: number, edit: number): void {
  const name = virtualServiceName(index);
  const spec = virtualServiceSpec(index, upstreamCount(size), editedPrefix(edit));
  Deno.writeTextFileSync(fileOf(folder, "virtualservices", name), resourceText(name, spec));
}

/** What answers 404 before {@link saveEdit} of the same numbers, and 200 after. */
export function editProbe(index: number, edit: number): Probe {
  return { host: hostOf(index), path: `${editedPrefix(edit)}x` };
}

const hostOf = (index: number): string => `${virtualServiceName(index)}.bench.test`;
const virtualServiceName = (index: number): string => `vs-${String(index).padStart(5, "0")}`;
const upstreamName = (index: number): string => `us-${String(index).padStart(5, "0")}`;
const editedPrefix = (edit: number): string => `/r${EDITED}-e${edit}/`;

function virtualServiceSpec(index: number, upstreams: number, edited = `/r${EDITED}/`): string {
  const routes = Array.from({ length: ROUTES }, (_, j) =>
    `  - matchers:
    - prefix: ${j === EDITED ? edited : `/r${j}/`}
    routeAction:
      single:
        upstream:
          name: ${upstreamName((index + j) % upstreams)}
          namespace: ${NAMESPACE}
`);
  return `virtualHost:\n  domains:\n  - ${hostOf(index)}\n  routes:\n${routes.join("")}`;
}

function resourceText(name: string, spec: string): string {
  return `metadata:\n  name: ${name}\n  namespace: ${NAMESPACE}\n${spec}`;
}

function fileOf(folder: string, plural: string, name: string): string {
  return `${folder}/${plural}/${NAMESPACE}/${name}.yaml`;
}

async function writeResource(folder: string, plural: string, name: string, spec: string): Promise<void> {
  const file = fileOf(folder, plural, name);
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, resourceText(name, spec));
}
