import type { Resource } from "../api/mod.ts";

/** Stands where a secret would. */
export const REDACTED = "[redacted]";

/** Below this length a secret is only hidden where it is the whole of a text, or half of all words would be gone. */
const SHORTEST_PART = 4;

/** Fields of other kinds that hold a secret themselves (AuthConfig). */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "hashedPassword",
  "salt",
  "password",
  "clientSecret",
  "accessToken",
]);

/** Parts of a TLS secret that every client of the server is shown anyway. */
const PUBLIC_FIELDS: ReadonlySet<string> = new Set(["certChain", "rootCa", "ocspStaple"]);

/**
 * A replacer for `JSON.stringify` that hides what these Secrets hold, wherever it turns up: in the Secret itself, in a
 * route that adds a header from it (where Envoy wants every % twice), as text or as base64.
 */
export function secretRedactor(secrets: Iterable<Resource<"Secret">>): (key: string, value: unknown) => unknown {
  const texts = new Set<string>();
  for (const secret of secrets) collect(secret.spec, texts);
  for (const text of [...texts]) texts.add(base64(text)).add(text.replaceAll("%", "%%"));
  const parts = [...texts].filter((text) => text.length >= SHORTEST_PART);
  return (key, value) => {
    if (typeof value !== "string") return value;
    return SECRET_FIELDS.has(key) || texts.has(value) || parts.some((part) => value.includes(part)) ? REDACTED : value;
  };
}

function collect(value: unknown, texts: Set<string>): void {
  if (typeof value === "string") {
    if (value !== "") texts.add(value);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) if (!PUBLIC_FIELDS.has(key)) collect(part, texts);
}

const base64 = (text: string): string => new TextEncoder().encode(text).toBase64();
