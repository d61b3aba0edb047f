import type { Change } from "./edit.ts";
import { someDestinations } from "./edit.ts";
import { newRoute, newService } from "./world.ts";

/** A new certificate for the same name: no listener changes. */
export const certificateRotated: Change = async ({ world, random, certify, fresh }) => {
  const host = random.pick(["tls0", "tls1", "tls2", "shared", "tcp-edit", "client"]);
  if (host === "client") {
    world.client = await certify("client", `client ${fresh()}`);
    return { what: "what Envoys show to back ends" };
  }
  const secret = world.secrets.get(host)!;
  secret.commonName = `${host} ${fresh()}`;
  secret.certificate = await certify(host, secret.commonName);
  return { what: secret.commonName };
};

/** Adds or takes away a filter chain; the others of the listener go on. */
export const secureServiceChanged: Change = (editing) => {
  const { services } = editing.world;
  const group = { listeners: ["tls"], touches: ["tls/tls2"] } as const;
  if (services.delete("tls2")) return { what: "tls2 goes", ...group, away: ["tls/tls2"] };
  const routes = [newRoute("/", someDestinations(editing))];
  services.set("tls2", newService("tls2", { gate: "tls", secret: "tls2", routes }));
  return { what: "tls2 comes", ...group };
};

/** Server names with the same certificate and parameters share a filter chain, which one more changes for all of them. */
export const sharedCertificateChanged: Change = (editing) => {
  const { services } = editing.world;
  const group = { listeners: ["tls"], touches: ["tls/one.shared", "tls/two.shared"] } as const;
  if (services.delete("two.shared")) return { what: "two.shared goes", ...group, away: ["tls/two.shared"] };
  const routes = [newRoute("/", someDestinations(editing))];
  services.set("two.shared", newService("two.shared", { name: "two-shared", gate: "tls", secret: "shared", routes }));
  return { what: "two.shared comes", ...group };
};

/** Changes one filter chain. */
export const tlsParametersChanged: Change = ({ world, random }) => {
  const host = random.pick(["tls0", "tls1"]);
  const service = world.services.get(host)!;
  service.sslParameters = "minimumProtocolVersion" in service.sslParameters
    ? {}
    : { minimumProtocolVersion: random.pick(["TLSv1_2", "TLSv1_3"]) };
  service.form++;
  return {
    what: `${host}: ${JSON.stringify(service.sslParameters)}`,
    listeners: ["tls"],
    touches: [`tls/${host}`],
  };
};

/** Changes one filter chain of the TCP gateway with server names. */
export const tcpWeightsChanged: Change = ({ world, random }) => {
  const weights = [1 + random.below(9), 1 + random.below(9)];
  const to = ["tcp0", "tcp1"].map((upstream, i) => ({ upstream, weight: weights[i]! }));
  world.tcpHosts.set("tcp-edit", to);
  return { what: JSON.stringify(to), listeners: ["tcpSni"], touches: ["tcpSni/tcp-edit"] };
};

/** A listener comes or goes. */
export const gatewayChanged: Change = ({ world }) => {
  world.extra = !world.extra;
  return { what: `extra ${world.extra ? "comes" : "goes"}`, listeners: ["extra"] };
};

/** Changes all of the listener. */
export const gatewayOptionsChanged: Change = ({ world }) => {
  world.altOptions++;
  return { what: `alt ${world.altOptions}`, listeners: ["alt"], touches: ["alt"] };
};
