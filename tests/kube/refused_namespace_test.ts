import { waitFor } from "../envoy/harness.ts";
import { Installed, NAMESPACE } from "./installed.ts";
import { KubeApplier, printedManifests } from "./kube_objects.ts";
import { answering, gateway, type Manifest } from "./world.ts";

const gatewayOfAll: Manifest = {
  ...gateway(18_080),
  spec: { bindPort: 18_080, httpGateway: { virtualServiceNamespaces: ["*"] } },
};

const reading = (...watchNamespaces: readonly string[]): Manifest => ({
  apiVersion: "gloo.solo.io/v1",
  kind: "Settings",
  metadata: { name: "default" },
  spec: { watchNamespaces },
});

Deno.test("a namespace that Settings name and no Role is for holds up nothing, and is read when there is one", async () => {
  const words = ["--certificates", "none", "--watch-namespaces"];
  const installed = await Installed.start([...words, "shop"], async (world) => {
    for (const name of ["shop", "blog"]) await world.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  const { world } = installed;
  try {
    for (const object of [gatewayOfAll, answering("first", "x", "first.test")]) await world.apply(object);
    const sluice = await installed.replica("one");
    const serves = (...what: readonly string[]) =>
      waitFor(`${what} to be served`, async () => {
        const text = await (await sluice.page(`/snapshots/xds?node=${NAMESPACE}~gateway-proxy`)).text();
        return what.every((one) => text.includes(one));
      });
    await serves("first.test");
    await world.apply(reading(NAMESPACE, "shop", "blog"));
    await waitFor("the refusal to be told", () => /forbidden.*blog/.test(sluice.log()));
    await world.apply(answering("second", "x", "second.test"));
    await world.apply(answering("third", "x", "third.test", "shop"));
    await serves("first.test", "second.test", "third.test");
    await world.apply(answering("fourth", "x", "fourth.test", "blog"));
    const objects = await printedManifests("-n", NAMESPACE, ...words, "shop,blog");
    await new KubeApplier(world.server).applyAll(
      objects.filter(({ kind, metadata }) => kind.startsWith("Role") && metadata.namespace === "blog"),
    );
    await serves("first.test", "second.test", "third.test", "fourth.test");
  } finally {
    await installed.stop();
  }
});
