/** Certificates for the tests of this room; no tests of its own. */
import { generate } from "selfsigned";
import type { Resource } from "../api/mod.ts";
import { resource } from "./fixtures_test.ts";

export interface Pair {
  readonly certChain: string;
  readonly privateKey: string;
}

async function pair(options: object): Promise<Pair> {
  const made = await generate([{ name: "commonName", value: "test" }], { algorithm: "sha256", ...options });
  return { certChain: made.cert, privateKey: made.private };
}

export const GOOD: Pair = await pair({ keyType: "ec" });
export const OTHER: Pair = await pair({ keyType: "ec" });
export const SHORT: Pair = await pair({ keyType: "rsa", keySize: 1024 });

export const tlsSecret = (name: string, tls: object = GOOD): Resource<"Secret"> => resource("Secret", name, { tls });
