import { isIP } from "node:net";

/**
 * What is wrong with the name that an ExternalName Service leads to; undefined where nothing is. Names of the machine that
 * Envoy runs on are refused: whoever may write a Service could reach Envoy's admin page through it.
 */
export function externalNameFault(name: string): string | undefined {
  const bare = name.toLowerCase().replace(/\.$/, "");
  if (bare === "") return "the Service has no externalName";
  if (bare === "localhost" || bare.endsWith(".localhost") || isOwnAddress(bare)) {
    return `${name} is the machine of Envoy itself, which a Service may not lead to`;
  }
  if (isIP(bare) === 0 && !/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(bare)) {
    return `${JSON.stringify(name)} is no host name`;
  }
  return undefined;
}

/** Loopback, link-local (where clouds tell credentials) and unspecified addresses. */
function isOwnAddress(address: string): boolean {
  if (isIP(address) === 6) return /^(fe[89ab].*|::|::1|::ffff:.*)$/.test(address);
  return isIP(address) === 4 && /^(127\.|169\.254\.|0\.)/.test(address);
}
