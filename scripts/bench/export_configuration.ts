import { xdsBootstrap } from "../../tests/envoy/harness.ts";
import { editedPrefix, ROLE, startProbes, writeConfiguration } from "./configuration.ts";

/** Ports of 127.0.0.1 in a configuration that is not for a run of the bench. */
const PORTS = { listenerPort: 18080, backEndPort: 18081, xdsPort: 9977 };
const ADMIN_PORT = 19000;

/** Writes a configuration that Sluice and Gloo read, and Envoy's bootstrap. Gives what to do with it. */
export async function exportConfiguration(folder: string, size: number): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const path = await Deno.realPath(folder);
  await writeConfiguration(path, { size, ...PORTS });
  const admin = { address: { socket_address: { address: "127.0.0.1", port_value: ADMIN_PORT } } };
  const bootstrap = { ...xdsBootstrap({ xds: `127.0.0.1:${PORTS.xdsPort}`, role: ROLE }), admin };
  await Deno.writeTextFile(`${path}/envoy.json`, JSON.stringify(bootstrap, undefined, 2) + "\n");
  const { host, path: asked } = startProbes(size).at(-1)!;
  return [
    `${size} VirtualServices are in ${path}. Their Upstreams want a server on 127.0.0.1:${PORTS.backEndPort}.`,
    `  sluice serve --dir ${path}`,
    `  gloo --dir=${path}`,
    `  envoy -c ${path}/envoy.json`,
    `  curl -H 'host: ${host}' http://127.0.0.1:${PORTS.listenerPort}${asked}`,
    `An edit changes ${editedPrefix(0)} in one file to something else.`,
  ].join("\n");
}
