/**
 * `deno task state:fixture`: writes tests/envoy/released/<version>/, the state folder that the present version leaves. To
 * be run once a release, before it is tagged; what earlier releases have left is not touched.
 */
import { createAuthority, issueCertificate } from "../../../scripts/certificates.ts";
import config from "../../../deno.json" with { type: "json" };
import { waitFor } from "../harness.ts";
import { makeFolder, startSluice } from "../product.ts";
import { answer, httpGateway, httpsGateway, routeTable, tlsSecret, to, upstream, virtualService } from "../yaml.ts";
import { configFolder, HTTP_PORT, HTTPS_PORT, RELEASED } from "./fixture.ts";

/** The key is in the repository for all to see: it protects nothing. */
async function certificate(): Promise<string> {
  const authority = await createAuthority("state fixture");
  const days = 100 * 365;
  const { cert, key } = await issueCertificate(authority, { commonName: "web", dnsNames: ["secure.test"], days });
  return tlsSecret("web", cert, key);
}

const secure = { sslConfig: { secretRef: { name: "web", namespace: "gloo-system" }, sniDomains: ["secure.test"] } };
const delegating = {
  matchers: [{ prefix: "/table" }],
  delegateAction: { ref: { name: "table", namespace: "gloo-system" } },
};

const FILES: Readonly<Record<string, string>> = {
  "gateways.yaml": `${httpGateway(HTTP_PORT)}---\n${httpsGateway(HTTPS_PORT)}`,
  "plain.yaml": virtualService("plain", ["plain.test"], [delegating, to("nobody", { prefix: "/up" }), answer("plain")]),
  "table.yaml": routeTable("table", [answer("table", { prefix: "/table" })]),
  "upstream.yaml": upstream("nobody", 9, { connectionConfig: { maxRequestsPerConnection: 7 } }),
  "held.yaml": virtualService("held", ["held.test"], [answer("held")]),
  "secure.yaml": virtualService("secure", ["secure.test"], [answer("secure")], secure),
  "web.yaml": await certificate(),
};

/** What is wrong when the version ends: a last good form is held of it, which only the state has. */
const FAULTY = virtualService("held", ["held.test"], [to("nobody", { prefix: "/" }, { timeout: "-5s" })]);

async function make(version: string): Promise<void> {
  const source = configFolder(version);
  const work = await makeFolder();
  await Deno.mkdir(source, { recursive: true });
  try {
    for (const [name, text] of Object.entries(FILES)) await Deno.writeTextFile(`${source}/${name}`, text);
    const sluice = await startSluice({ folder: work, sources: ["--config", source] });
    try {
      await waitFor("the state", async () => await sluice.metric("sluice_state_bytes") > 0);
      await Deno.writeTextFile(`${source}/held.yaml`, FAULTY);
      await waitFor("the fault", async () => (await sluice.status("VirtualService", "held"))?.state === "Rejected");
    } finally {
      await sluice.stop();
    }
    const target = `${RELEASED}${version}`;
    await Deno.remove(target, { recursive: true }).catch(() => {});
    for (const folder of ["served", "config"]) await Deno.mkdir(`${target}/${folder}`, { recursive: true });
    for (const name of ["log", "decided.json"]) {
      await Deno.copyFile(`${sluice.stateDir}/served/${name}`, `${target}/served/${name}`);
    }
    for (const name of Object.keys(FILES)) await Deno.copyFile(`${source}/${name}`, `${target}/config/${name}`);
  } finally {
    await Deno.remove(source.replace("/config", ""), { recursive: true });
    await Deno.remove(work, { recursive: true });
  }
}

await make(config.version);
