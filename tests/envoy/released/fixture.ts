/**
 * What releases have left on disk: `tests/envoy/released/<version>/` has the state folder (`served/`) that this version
 * wrote, and the configuration (`config/`) that it is the state of.
 */
import { fileURLToPath } from "node:url";

export const RELEASED = fileURLToPath(new URL(".", import.meta.url));

/** Ports of the fixture's Gateways: they are in the state, so they are the same on each machine. */
export const HTTP_PORT = 19_981;
export const HTTPS_PORT = 19_982;

/** A state belongs to folders by their whole path, so the configuration is at this one, wherever the test runs. */
export const configFolder = (version: string): string => `/tmp/sluice_state_of_${version}/config`;

/** The versions that there are states of. */
export function releasedVersions(): string[] {
  return [...Deno.readDirSync(RELEASED)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
}
