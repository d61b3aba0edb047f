import { waitFor } from "../envoy/harness.ts";
import { type Manifest, pathOf, type World } from "./world.ts";

/** Makes a Pod, as soon as its namespace has the ServiceAccount that Pods are made with. */
export async function makePod(world: World, pod: Manifest): Promise<void> {
  await waitFor(`Pod ${pod.metadata.name} to be taken`, () => world.apply(pod));
}

/** Says what a kubelet does: the Pod runs at this address, and answers or does not. */
export async function runs(world: World, pod: Manifest, podIP: string, ready: boolean): Promise<void> {
  const condition = (type: string, status: boolean) => ({ type, status: status ? "True" : "False" });
  await world.server.request(
    "PATCH",
    `${pathOf(pod)}/status`,
    {
      status: {
        ...{ phase: "Running", podIP, podIPs: [{ ip: podIP }] },
        conditions: [condition("Ready", ready), condition("ContainersReady", ready)],
      },
    },
    "application/merge-patch+json",
  );
}
