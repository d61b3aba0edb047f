/** Sluice in a cluster as `sluice manifests` installs it, but for the pods: the test starts those as processes. */
import { join } from "node:path";
import { makeFolder, type RunningSluice, startSluice } from "../envoy/product.ts";
import { type Asked, AuditLog } from "./audit_log.ts";
import { KubeApplier, type KubeObject, printedManifests, tokenFor } from "./kube_objects.ts";
import { World } from "./world.ts";

export const NAMESPACE = "gloo-system";

/** Pods are the test's affair; a PodDisruptionBudget is about pods. */
const LEFT_OUT = ["Deployment", "PodDisruptionBudget"];

/** The address of the Service of Sluice; there is no kube-proxy, so the first replica listens there. */
const ADDRESS = "10.0.0.10";

/** What `startSluice` gives by itself, and the test beside it. */
const OWN_FLAGS = ["serve", "--xds-address", "--admin-address", "--state-dir", "--log-format", "--webhook-address"];

/** A cluster with Sluice's objects in it, and an audit log of what its ServiceAccount asks. */
export class Installed {
  /** What `sluice manifests` printed. */
  readonly objects: readonly KubeObject[];
  readonly world: World;
  readonly #audit: AuditLog;
  readonly #folder: string;
  readonly #running: RunningSluice[] = [];

  private constructor(objects: readonly KubeObject[], world: World, audit: AuditLog, folder: string) {
    this.objects = objects;
    this.world = world;
    this.#audit = audit;
    this.#folder = folder;
  }

  /**
   * Starts a cluster and installs what is printed for these words.
   * @param before Makes what has to be there before, as namespaces.
   */
  static async start(words: readonly string[], before: (world: World) => Promise<void>): Promise<Installed> {
    const audit = await AuditLog.make(`system:serviceaccount:${NAMESPACE}:sluice`);
    const objects = await printedManifests("-n", NAMESPACE, ...words);
    const world = await World.start([NAMESPACE], ...audit.serverArgs);
    const installed = new Installed(objects, world, audit, await makeFolder());
    try {
      await before(world);
      const placed = objects.filter(({ kind }) => !LEFT_OUT.includes(kind)).map(atAddress);
      await new KubeApplier(world.server).applyAll(placed);
      await installed.#writeKubeconfig();
    } catch (error) {
      await installed.stop();
      throw error;
    }
    return installed;
  }

  /** Starts a process with the flags of the Deployment, adapted to where it listens, and the ServiceAccount's token. */
  async replica(name: string): Promise<RunningSluice> {
    const words = this.#words;
    const address = this.#running.length === 0 ? ADDRESS : `10.0.0.${10 + this.#running.length}`;
    const hasWebhook = words.some((word) => word.startsWith("--webhook-address="));
    const sluice = await startSluice({
      sources: ["--kubeconfig", this.#kubeconfig],
      flags: [
        ...words.filter((word) => !OWN_FLAGS.includes(word.split("=")[0]!)),
        ...(hasWebhook ? [`--webhook-address=${address}:443`] : []),
      ],
      hosts: [address],
      env: { POD_NAME: name, POD_NAMESPACE: NAMESPACE },
    });
    this.#running.push(sluice);
    return sluice;
  }

  /** What the ServiceAccount asked of the API server. */
  async asked(): Promise<Asked[]> {
    return await this.#audit.entries();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((sluice) => sluice.stop()));
    await this.world.stop();
    await this.#audit.remove();
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** What Sluice's container is started with, in pods of its own or beside an Envoy. */
  get #words(): readonly string[] {
    const pods = this.objects.filter(({ kind }) => kind === "Deployment").map(({ spec }) => spec.template.spec);
    const containers = pods.flatMap(({ initContainers = [], containers }) => [...initContainers, ...containers]);
    return containers.find(({ name }: { readonly name: string }) => name === "sluice").args;
  }

  get #kubeconfig(): string {
    return join(this.#folder, "kubeconfig");
  }

  async #writeKubeconfig(): Promise<void> {
    const { server } = this.world;
    const { url, ca } = server.ready;
    const token = await tokenFor(server, NAMESPACE, "sluice");
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server: url, "certificate-authority": ca } }],
      users: [{ name: "sluice", user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "sluice" } }],
      "current-context": "test",
    };
    await Deno.writeTextFile(this.#kubeconfig, JSON.stringify(config));
  }
}

function atAddress(object: KubeObject): KubeObject {
  if (object.kind !== "Service" || object.metadata.name !== "sluice") return object;
  return { ...object, spec: { ...object.spec, clusterIP: ADDRESS } };
}
