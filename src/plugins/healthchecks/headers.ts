import { resolveRef } from "../../api/mod.ts";
import type { Message } from "../../envoy/mod.ts";
import { formatFault, literalFormat } from "../format_text.ts";
import { headerTextFault, modifiableHeaderFault } from "../header_checks.ts";
import type { CheckerContext } from "./checkers.ts";
import type { HealthCheckHeader } from "./options.ts";

type HeaderOption = Message<"envoy.config.core.v3.HeaderValueOption">;

/** Envoy takes at most so many in one list. */
const MOST_HEADERS = 1000;

/** Headers that health checks send; a headerSecretRef stands for all headers of that Secret, in order of their names. */
export function headerOptions(
  headers: readonly HealthCheckHeader[],
  path: string,
  context: CheckerContext,
): readonly HeaderOption[] {
  const options = headers.flatMap((header, i) => one(header, `${path}[${i}]`, context));
  if (options.length > MOST_HEADERS) {
    context.faults.error(
      "SLUICE-1470",
      path,
      `${options.length} headers are too many; at most ${MOST_HEADERS} are sent`,
    );
  }
  return options;
}

function one(
  { header, headerSecretRef, append }: HealthCheckHeader,
  path: string,
  context: CheckerContext,
): HeaderOption[] {
  const { faults, lookup, owner } = context;
  const report = (at: string, fault: string | undefined) => fault && faults.error("SLUICE-1470", at, fault);
  const appendAction = append === false ? "OVERWRITE_IF_EXISTS_OR_ADD" as const : "APPEND_IF_EXISTS_OR_ADD" as const;
  if (header) {
    const { key = "", value = "" } = header;
    report(`${path}.header.key`, modifiableHeaderFault(key));
    report(`${path}.header.value`, headerTextFault(value) ?? formatFault(value, "header"));
    return [{ header: { key, value }, appendAction }];
  }
  const ref = resolveRef(headerSecretRef, owner.namespace);
  if (ref === undefined) {
    report(path, "header or headerSecretRef is wanted");
    return [];
  }
  const found = lookup.get("Secret", ref)?.spec.header?.headers;
  if (found === undefined) report(`${path}.headerSecretRef`, `there is no header Secret ${ref.namespace}.${ref.name}`);
  return Object.entries(found ?? {}).sort(([a], [b]) => a < b ? -1 : 1).map(([key, text]) => {
    // A value of a Secret is never repeated in a report, nor taken for a format.
    const fault = modifiableHeaderFault(key) ?? (headerTextFault(text) && `the value of ${key} is no text of a header`);
    report(`${path}.headerSecretRef`, fault);
    return { header: { key, value: literalFormat(text) }, appendAction };
  });
}
