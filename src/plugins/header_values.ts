import { type Lookup, resolveRef } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { Faults } from "./faults.ts";
import { formatFault, literalFormat } from "./format_text.ts";
import { headerTextFault, modifiableHeaderFault } from "./header_checks.ts";

type HeaderValueOption = Message<"envoy.config.core.v3.HeaderValueOption">;

/** What the forms of Gloo's HeaderValueOption have in common. */
export interface HeaderToAdd {
  readonly header?: { readonly key?: string; readonly value?: string };
  readonly headerSecretRef?: { readonly name?: string; readonly namespace?: string };
  readonly append?: boolean;
}

/** Where secrets of headers are looked up. */
export interface SecretSource {
  readonly lookup: Lookup;
  readonly owner: { readonly namespace: string };
}

/**
 * Headers to add, in order. `append` false replaces a header of that name, else it is added beside (Gloo's default).
 * A secret that is missing or holds no headers is an error, so that no request goes out without them. Its values stand
 * for themselves: a `%` in them starts no command. Their order is that of their names.
 */
export function headersToAdd(
  path: string,
  entries: readonly HeaderToAdd[] | undefined,
  secrets: SecretSource | undefined,
  faults: Faults,
): HeaderValueOption[] | undefined {
  return entries?.flatMap((entry, i) => {
    const appendAction = entry.append === false ? "OVERWRITE_IF_EXISTS_OR_ADD" : "APPEND_IF_EXISTS_OR_ADD";
    const at = `${path}[${i}]`;
    return headerTexts(at, entry, secrets, faults).map((header): HeaderValueOption => ({ header, appendAction }));
  });
}

/** Names of headers to remove, checked. */
export function headersToRemove(
  path: string,
  names: readonly string[] | undefined,
  faults: Faults,
): readonly string[] | undefined {
  names?.forEach((name, i) => {
    const fault = modifiableHeaderFault(name);
    if (fault) faults.error("SLUICE-1420", `${path}[${i}]`, fault);
  });
  return names;
}

interface HeaderText {
  readonly key: string;
  readonly value: string;
}

function headerTexts(
  path: string,
  entry: HeaderToAdd,
  secrets: SecretSource | undefined,
  faults: Faults,
): readonly HeaderText[] {
  if (entry.headerSecretRef && secrets) return secretTexts(`${path}.headerSecretRef`, entry, secrets, faults);
  if (!entry.header) {
    const wanted = secrets ? "header or headerSecretRef" : "header";
    faults.error("SLUICE-1423", path, `${wanted} is wanted`);
    return [];
  }
  const { key = "", value = "" } = entry.header;
  const nameFault = modifiableHeaderFault(key);
  if (nameFault) faults.error("SLUICE-1420", `${path}.header.key`, nameFault);
  const textFault = headerTextFault(value);
  if (textFault) faults.error("SLUICE-1421", `${path}.header.value`, textFault);
  const commandFault = formatFault(value, "header");
  if (commandFault) faults.error("SLUICE-1438", `${path}.header.value`, commandFault);
  return [{ key, value }];
}

function secretTexts(
  path: string,
  { headerSecretRef }: HeaderToAdd,
  { lookup, owner }: SecretSource,
  faults: Faults,
): readonly HeaderText[] {
  const ref = resolveRef(headerSecretRef, owner.namespace);
  if (!ref) {
    faults.error("SLUICE-1422", path, "the name of a secret is wanted");
    return [];
  }
  const called = `secret ${ref.namespace}.${ref.name}`;
  const secret = lookup.get("Secret", ref);
  const headers = secret?.spec.header?.headers;
  if (!headers) {
    const why = secret ? `${called} holds no headers; a secret of kind header is wanted` : `${called} does not exist`;
    faults.error("SLUICE-1422", path, why);
    return [];
  }
  // The message names the header but never shows the secret's value.
  return Object.entries(headers).sort(([a], [b]) => a < b ? -1 : 1).map(([key, value]) => {
    const nameFault = modifiableHeaderFault(key);
    if (nameFault) faults.error("SLUICE-1420", path, `${called}: ${nameFault}`);
    else if (headerTextFault(value)) {
      faults.error("SLUICE-1421", path, `${called}: the value of ${JSON.stringify(key)} is not usable in a header`);
    }
    return { key, value: literalFormat(value) };
  });
}
