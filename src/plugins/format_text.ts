import { type CommandForm, FORMAT_COMMANDS } from "./format_commands.ts";

/**
 * What is wrong with a format text (`"%REQ(:path)% took %DURATION% ms"`), as Envoy 1.40 would see it: a lone `%`, a
 * command that it does not know, a parameter too many or too few. Undefined where it is good. `%%` is a percent sign.
 * `place` "header" allows what only values of headers may hold. Messages show no more of the text than names of commands
 * that there are: a value of a header may be a secret.
 */
export function formatFault(text: string, place: "log" | "header" = "log"): string | undefined {
  let at = 0;
  while ((at = text.indexOf("%", at)) !== -1) {
    if (text[at + 1] === "%") {
      at += 2;
      continue;
    }
    const match = /^%([A-Z0-9_]+)(?:\((.*?)\))?(?::([0-9]{1,19}))?%/s.exec(text.slice(at));
    const percent = `the % at character ${at + 1} starts no command`;
    if (!match) return `${percent} such as %REQ(x-name)%; write %% for a percent sign`;
    const [whole, name = "", parameter, length] = match;
    const form = name === "PER_REQUEST_STATE" && place === "header" ? PER_REQUEST_STATE : FORMAT_COMMANDS.get(name);
    if (!form) return `${percent} that Envoy knows; write %% for a percent sign`;
    const fault = commandFault(form, name, parameter, length);
    if (fault) return fault;
    at += whole.length;
  }
  return undefined;
}

/** Text that stands for itself: every `%` doubled. */
export function literalFormat(text: string): string {
  return text.replaceAll("%", "%%");
}

/** The older command of header values, still taken by Envoy. */
const PER_REQUEST_STATE: CommandForm = { parameter: "required", length: false };

function commandFault(
  form: CommandForm,
  name: string,
  parameter: string | undefined,
  length: string | undefined,
): string | undefined {
  if (form.parameter === "none" && (parameter !== undefined || length !== undefined)) {
    return `%${name}% takes neither a parameter nor a length`;
  }
  if (form.parameter === "required" && !parameter) {
    return `%${name}% wants a parameter: %${name}(${form.pattern?.wanted ?? "name"})%`;
  }
  if (!form.length && length !== undefined) return `%${name}% takes no length`;
  if (parameter && form.pattern && !form.pattern.regex.test(parameter)) {
    return `the parameter of %${name}(…)% is not usable: ${form.pattern.wanted} is wanted`;
  }
  return undefined;
}
