import { dirname } from "node:path";

/** Routes of each VirtualService. */
export const ROUTES = 5;
export const NAMESPACE = "gloo-system";
/** node.metadata.role of the Envoys that the configuration is for. */
export const ROLE = `${NAMESPACE}~gateway-proxy`;
/** The route of a VirtualService that edits change. */
const EDITED = 2;
/** How the prefix of that route starts; nothing else in the configuration has these characters. */
export const EDIT_MARKER = `/r${EDITED}-e`;
/** Edits have numbers of so many digits, so that every edit has the same length. */
const DIGITS = 5;

/** What the measured configuration is made of. */
export interface ConfigurationShape {
  /** Number of VirtualServices. */
  readonly size: number;
  /** Port of 127.0.0.1 that the Gateway listens on. */
  readonly listenerPort: number;
  /** Port of 127.0.0.1 that all Upstreams lead to. */
  readonly backEndPort: number;
  /** Port of 127.0.0.1 that Envoy connects to for its configuration. */
  readonly xdsPort: number;
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

/** The last routes of the first VirtualService, of the one in the middle and of the last. */
export function startProbes(size: number): Probe[] {
  return [...new Set([0, Math.floor(size / 2), size - 1])].map((index) => ({
    host: domainOf(index),
    path: `/r${ROUTES - 1}/x`,
  }));
}

/** The folder of resources inside of the folder of a configuration. */
export function resourcesFolder(folder: string): string {
  return `${folder}/config`;
}

/**
 * Writes VirtualServices, a tenth as many static Upstreams and one Gateway into `folder`, each in a file of its own, and
 * Settings: what Gloo reads with `--dir`, and Sluice with `--dir` or with `--config` on {@link resourcesFolder}.
 */
export async function writeConfiguration(folder: string, shape: ConfigurationShape): Promise<void> {
  const { size, listenerPort, backEndPort } = shape;
  await writeFile(`${folder}/${NAMESPACE}/default.yaml`, settingsText(folder, shape));
  for (const empty of ["artifact/artifacts", "secret/secrets"]) {
    await Deno.mkdir(`${folder}/${empty}/${NAMESPACE}`, { recursive: true });
  }
  for (const plural of GLOO_FOLDERS) {
    await Deno.mkdir(`${resourcesFolder(folder)}/${plural}/${NAMESPACE}`, { recursive: true });
  }
  const gateway = `bindAddress: 127.0.0.1\nbindPort: ${listenerPort}\nhttpGateway: {}\nproxyNames:\n- gateway-proxy\n`;
  await writeResource(folder, "gateways", "gateway-proxy", gateway);
  const upstreams = upstreamCount(size);
  for (let i = 0; i < upstreams; i++) {
    const spec = `static:\n  hosts:\n  - addr: 127.0.0.1\n    port: ${backEndPort}\n`;
    await writeResource(folder, "upstreams", upstreamName(i), spec);
  }
  for (let i = 0; i < size; i++) {
    await writeResource(folder, "virtualservices", virtualServiceName(i), virtualServiceSpec(i, upstreams, 0));
  }
}

/**
 * Changes the prefix of one route of VirtualService `index`: a new file takes the place of the old one, so that nobody
 * reads half of it.
 */
export function saveEdit(folder: string, size: number, index: number, edit: number): void {
  const name = virtualServiceName(index);
  const file = fileOf(folder, "virtualservices", name);
  Deno.writeTextFileSync(`${file}.tmp`, resourceText(name, virtualServiceSpec(index, upstreamCount(size), edit)));
  Deno.renameSync(`${file}.tmp`, file);
}

/** What answers 404 before {@link saveEdit} of the same numbers, and 200 after. */
export function editProbe(index: number, edit: number): Probe {
  return { host: domainOf(index), path: `${editedPrefix(edit)}x` };
}

/** The prefix of the edited route after an edit of that number; 0 is how it starts. */
export function editedPrefix(edit: number): string {
  return `${EDIT_MARKER}${String(edit).padStart(DIGITS, "0")}/`;
}

/** The domain of a VirtualService. */
export function domainOf(index: number): string {
  return `${virtualServiceName(index)}.bench.test`;
}

const virtualServiceName = (index: number): string => `vs-${String(index).padStart(5, "0")}`;
const upstreamName = (index: number): string => `us-${String(index).padStart(5, "0")}`;

function virtualServiceSpec(index: number, upstreams: number, edit: number): string {
  const routes = Array.from({ length: ROUTES }, (_, j) =>
    `  - matchers:
    - prefix: ${j === EDITED ? editedPrefix(edit) : `/r${j}/`}
    routeAction:
      single:
        upstream:
          name: ${upstreamName((index + j) % upstreams)}
          namespace: ${NAMESPACE}
`);
  return `virtualHost:\n  domains:\n  - ${domainOf(index)}\n  routes:\n${routes.join("")}`;
}

/** Gloo ends at its start where one of these is missing. */
const GLOO_FOLDERS = [
  ...["authconfigs", "gateways", "proxies", "ratelimitconfigs", "routeoptions", "routetables", "upstreamgroups"],
  ...["upstreams", "virtualhostoptions", "virtualservices", "httpgateways", "tcpgateways"],
];

function settingsText(folder: string, { xdsPort }: ConfigurationShape): string {
  return `metadata:
  name: default
  namespace: ${NAMESPACE}
discoveryNamespace: ${NAMESPACE}
watchNamespaces:
- ${NAMESPACE}
refreshRate: 1s
directoryConfigSource:
  directory: ${resourcesFolder(folder)}
directorySecretSource:
  directory: ${folder}/secret
directoryArtifactSource:
  directory: ${folder}/artifact
gloo:
  xdsBindAddr: 127.0.0.1:${xdsPort}
  validationBindAddr: 127.0.0.1:${xdsPort + 1}
  restXdsBindAddr: 127.0.0.1:${xdsPort + 2}
  proxyDebugBindAddr: 127.0.0.1:${xdsPort + 3}
  removeUnusedFilters: true
  disableKubernetesDestinations: true
gateway:
  persistProxySpec: false
`;
}

function resourceText(name: string, spec: string): string {
  return `metadata:\n  name: ${name}\n  namespace: ${NAMESPACE}\n${spec}`;
}

function fileOf(folder: string, plural: string, name: string): string {
  return `${resourcesFolder(folder)}/${plural}/${NAMESPACE}/${name}.yaml`;
}

async function writeResource(folder: string, plural: string, name: string, spec: string): Promise<void> {
  await writeFile(fileOf(folder, plural, name), resourceText(name, spec));
}

async function writeFile(file: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, text);
}
