import type { Spec } from "../../api/mod.ts";
import { any, type JsonObject, type Message } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { formatFault } from "../format_text.ts";
import { envoyFilter } from "./filters.ts";
import { type AccessLog, type FileSink, listenerOptions } from "./options.ts";

type EnvoyAccessLog = Message<"envoy.config.accesslog.v3.AccessLog">;
type LogFormat = Message<"envoy.config.core.v3.SubstitutionFormatString">;
type Logs = readonly AccessLog[] | undefined;

const PATH = "accessLoggingService.accessLog";

/**
 * Access logs of a listener, on each of its connection managers and TCP proxies. Errors: no sink or no path, a format
 * that Envoy does not understand, a filter that it refuses. Sinks over gRPC are known but not served yet: a warning.
 * Gloo: the plugin `als`.
 */
export const plugin = definePlugin({
  name: "als",
  options: { listener: listenerOptions },

  httpConnectionManager({ listenerOptions: { accessLoggingService }, allSettings }) {
    const faults = new Faults();
    const accessLog = accessLogs(accessLoggingService?.accessLog, allSettings, faults);
    return accessLog && faults.result({ accessLog });
  },

  tcpFilterChain({ listenerOptions: { accessLoggingService }, allSettings }) {
    const faults = new Faults();
    const accessLog = accessLogs(accessLoggingService?.accessLog, allSettings, faults);
    return accessLog && faults.result({ tcpProxy: { accessLog } });
  },
});

function accessLogs(logs: Logs, settings: Spec<"Settings">, faults: Faults): EnvoyAccessLog[] | undefined {
  return logs?.flatMap((log, i) => accessLog(`${PATH}[${i}]`, log, settings, faults));
}

function accessLog(path: string, log: AccessLog, settings: Spec<"Settings">, faults: Faults): EnvoyAccessLog[] {
  for (const sink of ["grpcService", "openTelemetryService"] as const) {
    if (log[sink] === undefined) continue;
    faults.warning("SLUICE-1401", `${path}.${sink}`, `${sink} is known but not served yet; nothing is logged there`);
    return [];
  }
  if (!log.fileSink) {
    faults.error("SLUICE-1437", path, "an access log wants a sink: fileSink");
    return [];
  }
  if (!log.fileSink.path) faults.error("SLUICE-1437", `${path}.fileSink.path`, "the path of a file is wanted");
  return [{
    name: "envoy.access_loggers.file",
    filter: log.filter && envoyFilter(`${path}.filter`, log.filter, { settings, faults }),
    typedConfig: any("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
      path: log.fileSink.path,
      logFormat: logFormat(`${path}.fileSink`, log.fileSink, faults),
    }),
  }];
}

/** Without a format Envoy writes its own default. */
function logFormat(path: string, { stringFormat, jsonFormat }: FileSink, faults: Faults): LogFormat | undefined {
  if (jsonFormat !== undefined) {
    if (!isObject(jsonFormat)) {
      faults.error("SLUICE-1438", `${path}.jsonFormat`, "an object is wanted, a text for each name");
      return undefined;
    }
    checkTexts(`${path}.jsonFormat`, jsonFormat, faults);
    return { jsonFormat };
  }
  if (!stringFormat) return undefined;
  checkTexts(`${path}.stringFormat`, stringFormat, faults);
  return { textFormatSource: { inlineString: stringFormat } };
}

/** Every text in the value, however deep, is a format text. */
function checkTexts(path: string, value: unknown, faults: Faults): void {
  if (typeof value === "string") {
    const fault = formatFault(value);
    if (fault) faults.error("SLUICE-1438", path, fault);
  } else if (Array.isArray(value)) {
    value.forEach((item, i) => checkTexts(`${path}[${i}]`, item, faults));
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) checkTexts(`${path}.${name}`, item, faults);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
