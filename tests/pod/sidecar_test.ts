/**
 * What `sluice manifests --sidecar files` prints, run: both containers with the words, users, roots and volumes of the
 * Deployment, in a network of their own, with the ConfigMap mounted and turned as the kubelet does it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { run } from "../../src/cli/test_terminal.ts";
import { parseYaml } from "../../src/watchers/mod.ts";
import { send, waitFor } from "../envoy/harness.ts";
import { MountedSecret } from "../envoy/mounted_secret.ts";
import { answer, httpGateway, virtualService } from "../envoy/yaml.ts";
import { type Container, makeVolume, type Mount, removeAll, runContainer, startContainer } from "./container.ts";
import { envoyImage, type Image, sluiceImage } from "./images.ts";

/** Where the user's Gateway listens: the port that the Service leads to. */
const PORT = 8080;
const POD = { "metadata.name": "edge-1", "metadata.namespace": "gloo-system" } as Readonly<Record<string, string>>;

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface ContainerSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly valueFrom: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe?: Probe;
  readonly restartPolicy?: string;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

interface PodSpec {
  readonly initContainers: readonly [ContainerSpec];
  readonly containers: readonly [ContainerSpec];
  readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
}

/** The pod, and the bootstrap that its ConfigMap has. */
async function printed(): Promise<{ pod: PodSpec; bootstrap: Record<string, string> }> {
  const { out } = await run(["manifests", "--sidecar", "files"]);
  const objects = out.split(/^---$/m).map((text) => {
    const result = parseYaml(text);
    assert.ok("value" in result);
    // deno-lint-ignore no-explicit-any
    return result.value as any;
  });
  const find = (kind: string) => objects.find((one) => one.kind === kind);
  return { pod: find("Deployment").spec.template.spec, bootstrap: find("ConfigMap").data };
}

/** As the kubelet starts a container. */
async function startSpec(spec: ContainerSpec, image: Image, volumes: ReadonlyMap<string, string>): Promise<Container> {
  const own = Object.fromEntries(spec.env.map(({ name, valueFrom }) => [name, POD[valueFrom.fieldRef.fieldPath]!]));
  const mounts = spec.volumeMounts.map(({ name, mountPath, readOnly = false }): Mount => {
    return { from: volumes.get(name)!, path: mountPath, readOnly };
  });
  const expanded = spec.args.map((word) => word.replaceAll(/\$\((\w+)\)/g, (_, name: string) => own[name]!));
  const command = [...spec.command, ...expanded];
  return await startContainer({ root: image.root, env: { ...image.env, ...own }, mounts, command });
}

/** What a probe gets: the status, or 0 where nobody listens. */
async function probed({ ports }: ContainerSpec, { httpGet }: Probe): Promise<number> {
  const { containerPort } = ports.find(({ name }) => name === httpGet.port)!;
  return (await send(containerPort, httpGet.path).catch(() => ({ status: 0 }))).status;
}

async function started(spec: ContainerSpec, container: Container): Promise<void> {
  await waitFor(`${spec.name} to start`, async () => await probed(spec, spec.startupProbe) === 200)
    .catch((error) => Promise.reject(new Error(`${error}\n${container.log()}`)));
}

const configuration = (text: string): Record<string, string> => ({
  "gateway.yaml": httpGateway(PORT, { bindAddress: "0.0.0.0" }),
  "site.yaml": virtualService("site", ["*"], [answer(text)]),
});

/** The ConfigMap of docs/sidecar.md. */
function documented(): Record<string, string> {
  const page = Deno.readTextFileSync(new URL("../../docs/sidecar.md", import.meta.url));
  const result = parseYaml(/```yaml\n([^]*?)```/.exec(page)![1]!);
  assert.ok("value" in result);
  return (result.value as { readonly data: Record<string, string> }).data;
}

interface Pod {
  readonly sluice: ContainerSpec;
  readonly envoy: ContainerSpec;
  start(spec: ContainerSpec): Promise<Container>;
  /** Edits the ConfigMap of Gloo YAML. */
  edit(text: string): Promise<void>;
}

/** A pod whose containers are to be started, with these files in its ConfigMap. */
async function withPod(files: Readonly<Record<string, string>>, play: (pod: Pod) => Promise<void>): Promise<void> {
  const { pod, bootstrap } = await printed();
  const [[sluice], [envoy]] = [pod.initContainers, pod.containers];
  const images = new Map([[sluice, await sluiceImage()], [envoy, await envoyImage()]]);
  const maps = new Map([
    ["configuration", await MountedSecret.mount(files)],
    ["config", await MountedSecret.mount(bootstrap)],
  ]);
  const volumes = new Map<string, string>();
  for (const { name } of pod.volumes) volumes.set(name, maps.get(name)?.folder ?? await makeVolume());
  // A folder of the test's is its own; one of the kubelet's is open to the pod.
  for (const { folder } of maps.values()) await Deno.chmod(folder, 0o755);
  const running: Container[] = [];
  try {
    await play({
      ...{ sluice, envoy },
      start: async (spec) => {
        const container = await startSpec(spec, images.get(spec)!, volumes);
        running.push(container);
        return container;
      },
      edit: (text) => maps.get("configuration")!.turn(configuration(text)),
    });
  } finally {
    for (const container of running) await container.stop("SIGKILL");
    await removeAll(...volumes.values(), ...[...images.values()].map(({ root }) => root));
  }
}

const body = async (): Promise<string> => (await send(PORT).catch(() => ({ body: "" }))).body;

Deno.test("sidecar: the pod of the manifest starts, serves, takes an edit of its ConfigMap, and outlives its Sluice", async () => {
  await withPod(configuration("one"), async ({ sluice, envoy, start, edit }) => {
    const first = await start(sluice);
    await started(sluice, first);
    const proxy = await start(envoy);
    await started(envoy, proxy);
    const probes = [
      await probed(sluice, sluice.livenessProbe),
      await probed(envoy, envoy.livenessProbe),
      await probed(envoy, envoy.readinessProbe!),
    ];
    assert.deepEqual(probes, [200, 200, 200]);
    await waitFor("the answer", async () => await body() === "one");
    assert.match(await (await fetch("http://127.0.0.1:9091/clients")).text(), /"edge-1"/);
    await edit("two");
    await waitFor("the edit", async () => await body() === "two");
    // Sluice is killed, and what it left lies in the way of the next: its socket, its state.
    await first.stop("SIGKILL");
    assert.equal(await body(), "two");
    assert.equal(await probed(envoy, envoy.readinessProbe!), 200, "the pod stays ready while Sluice is away");
    await edit("three");
    const second = await start(sluice);
    await started(sluice, second);
    assert.match(second.log(), /serving 1 role from the state/);
    await waitFor("what was edited meanwhile", async () => await body() === "three");
    assert.equal(await proxy.stop(), 0);
    assert.equal(await second.stop(), 0, "Sluice ends after Envoy, and cleanly");
  });
});

Deno.test("sidecar: an Envoy that starts before its Sluice is not ready, and serves as soon as Sluice does", async () => {
  await withPod(documented(), async ({ sluice, envoy, start }) => {
    // As after a crash of both. No readiness of Sluice's own: the pod's is that of Envoy.
    assert.deepEqual([sluice.restartPolicy, sluice.readinessProbe], ["Always", undefined]);
    const proxy = await start(envoy);
    await waitFor("Envoy to look for Sluice", () => /cm init: initializing cds/.test(proxy.log()));
    assert.equal(await probed(envoy, envoy.readinessProbe!), 0);
    await start(sluice);
    await started(envoy, proxy);
    await waitFor("the answer", async () => await body() === "hello from the pod");
  });
});

Deno.test("sidecar: nothing of the image can be written to, and Sluice runs as the user that the pod names", async () => {
  const { root, env } = await sluiceImage();
  const state = await makeVolume();
  try {
    const command = ["sluice", "bootstrap", "--out-dir", "/made"];
    const { code, text } = await runContainer({ root, env, command });
    assert.deepEqual([code, /Read-only file system/i.test(text)], [2, true], text);
    const mounts = [{ from: state, path: "/made" }];
    const made = await runContainer({ root, env, mounts, command });
    assert.equal(made.code, 0, made.text);
    const { uid } = await Deno.stat(join(state, "envoy.yaml"));
    assert.ok(uid === 65_532 || uid === 0, String(uid));
  } finally {
    await removeAll(root, state);
  }
});
