import type { Origin, ProxyVirtualHost } from "../api/mod.ts";
import { at, type Faults } from "./origins.ts";

/** Who holds which domain of a route configuration, in lower case, as Envoy compares them. */
export type TakenDomains = Map<string, string>;

/**
 * The domains that a virtual host gets: those that Envoy takes and that none before it has; no list means `*`. The others
 * are reported, and the host lives on without them. Gateway translation has settled this already for what it makes.
 */
export function settleDomains(
  { name = "", domains }: ProxyVirtualHost,
  origin: Origin,
  taken: TakenDomains,
  faults: Faults,
): string[] {
  const wanted = domains?.length ? domains : ["*"];
  return wanted.filter((domain, i) => {
    const place = () => at(origin, `domains[${i}]`);
    const fault = domainFault(domain);
    if (fault) {
      faults.error(domain === "" ? "SLUICE-1322" : "SLUICE-1323", place(), fault);
      return false;
    }
    const key = domain.toLowerCase();
    const holder = taken.get(key);
    if (holder !== undefined) {
      if (holder === name) return false;
      const message = `domain ${JSON.stringify(domain)} belongs to virtual host ${holder} of this listener already`;
      faults.error("SLUICE-1321", place(), message);
      return false;
    }
    taken.set(key, name);
    return true;
  });
}

function domainFault(domain: string): string | undefined {
  if (domain === "") return "a domain may not be empty; for every domain write * or leave domains out";
  if (!/^[\x21-\x7e]+$/.test(domain)) return `${JSON.stringify(domain)} holds a character that no host has`;
  if (domain !== "*" && domain.slice(1, -1).includes("*") || /^\*.*\*$/.test(domain)) {
    return `${JSON.stringify(domain)}: a * may stand at the start or at the end, and once`;
  }
  return undefined;
}
