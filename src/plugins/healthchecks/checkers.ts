import type { Lookup, Origin } from "../../api/mod.ts";
import { decode, fromJson, type Message } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import { headerTextFault, modifiableHeaderFault } from "../header_checks.ts";
import { headerOptions } from "./headers.ts";
import type { HealthCheck, HttpHealthCheck, Payload } from "./options.ts";

/** What the parts of a health check share: the path of the check, and where faults go. */
export interface CheckerContext {
  readonly path: string;
  readonly faults: Faults;
  readonly lookup: Lookup;
  readonly owner: Origin;
  readonly speaksHttp2: boolean;
}

type EnvoyHttpHealthCheck = Message<"envoy.config.core.v3.HealthCheck.HttpHealthCheck">;

export function httpChecker(check: HttpHealthCheck, context: CheckerContext): EnvoyHttpHealthCheck {
  const { faults } = context;
  const path = `${context.path}.httpHealthCheck`;
  if (!check.path) faults.error("SLUICE-1467", `${path}.path`, "the path of the request is missing, such as /health");
  checkText(check.path, `${path}.path`, faults);
  checkText(check.host, `${path}.host`, faults);
  if (check.method === "CONNECT") {
    faults.error("SLUICE-1468", `${path}.method`, "CONNECT is no method of a health check; GET is the default");
  }
  if (check.responseAssertions !== undefined) {
    const message = "responseAssertions are not served; without them unhealthy hosts would pass for healthy";
    faults.error("SLUICE-1401", `${path}.responseAssertions`, message);
  }
  for (const [i, name] of (check.requestHeadersToRemove ?? []).entries()) {
    const fault = modifiableHeaderFault(name);
    if (fault) faults.error("SLUICE-1470", `${path}.requestHeadersToRemove[${i}]`, fault);
  }
  const headers = headerOptions(check.requestHeadersToAdd ?? [], `${path}.requestHeadersToAdd`, context);
  return {
    path: check.path ?? "",
    ...(check.host && { host: check.host }),
    ...(headers.length > 0 && { requestHeadersToAdd: headers }),
    ...(check.requestHeadersToRemove && { requestHeadersToRemove: check.requestHeadersToRemove }),
    ...(check.expectedStatuses && { expectedStatuses: statuses(check.expectedStatuses, path, faults) }),
    ...(check.useHttp2 && { codecClientType: "HTTP2" as const }),
    ...(check.serviceName && { serviceNameMatcher: { prefix: check.serviceName } }),
    ...(check.method && check.method !== "METHOD_UNSPECIFIED" && { method: check.method }),
  };
}

/** Envoy puts these texts into the head of a request. */
function checkText(text: string | undefined, path: string, faults: Faults): void {
  const fault = text && headerTextFault(text);
  if (fault) faults.error("SLUICE-1468", path, fault);
}

function statuses(
  ranges: NonNullable<HttpHealthCheck["expectedStatuses"]>,
  path: string,
  faults: Faults,
): NonNullable<EnvoyHttpHealthCheck["expectedStatuses"]> {
  return ranges.map(({ start = "0", end = "0" }, i) => {
    const [first, last] = [BigInt(start), BigInt(end)];
    if (first < 100n || last > 600n || first >= last) {
      const message = `${start} up to ${end} is no range of statuses; 100 <= start < end <= 600 is wanted`;
      faults.error("SLUICE-1468", `${path}.expectedStatuses[${i}]`, message);
    }
    return { start, end };
  });
}

type TcpHealthCheck = NonNullable<HealthCheck["tcpHealthCheck"]>;

export function tcpChecker(
  { send, receive = [] }: TcpHealthCheck,
  context: CheckerContext,
): Message<"envoy.config.core.v3.HealthCheck.TcpHealthCheck"> {
  const path = `${context.path}.tcpHealthCheck`;
  return {
    ...(send && { send: payload(send, `${path}.send`, context.faults) }),
    ...(receive.length > 0 && {
      receive: receive.map((one, i) => payload(one, `${path}.receive[${i}]`, context.faults)),
    }),
  };
}

function payload(
  { text = "" }: Payload,
  path: string,
  faults: Faults,
): Message<"envoy.config.core.v3.HealthCheck.Payload"> {
  if (!/^([0-9a-fA-F]{2})+$/.test(text)) {
    faults.error("SLUICE-1468", `${path}.text`, "bytes in hexadecimal are wanted, two digits each, such as 50494e47");
  }
  return { text };
}

type GrpcHealthCheck = NonNullable<HealthCheck["grpcHealthCheck"]>;

export function grpcChecker(
  check: GrpcHealthCheck,
  context: CheckerContext,
): Message<"envoy.config.core.v3.HealthCheck.GrpcHealthCheck"> {
  const path = `${context.path}.grpcHealthCheck`;
  if (!context.speaksHttp2) {
    context.faults.error("SLUICE-1469", path, "a gRPC health check needs HTTP/2; set useHttp2: true on the upstream");
  }
  checkText(check.authority, `${path}.authority`, context.faults);
  const initialMetadata = headerOptions(check.initialMetadata ?? [], `${path}.initialMetadata`, context);
  return {
    ...(check.serviceName && { serviceName: check.serviceName }),
    ...(check.authority && { authority: check.authority }),
    ...(initialMetadata.length > 0 && { initialMetadata }),
  };
}

type CustomHealthCheck = NonNullable<HealthCheck["customHealthCheck"]>;

export function customChecker(
  { name = "", config, typedConfig }: CustomHealthCheck,
  context: CheckerContext,
): Message<"envoy.config.core.v3.HealthCheck.CustomHealthCheck"> {
  const path = `${context.path}.customHealthCheck`;
  const report = (field: string, message: string) => context.faults.error("SLUICE-1471", `${path}.${field}`, message);
  if (name === "") report("name", "the name of a health checker is wanted, such as envoy.health_checkers.redis");
  if (config !== undefined) report("config", "Envoy takes no untyped settings any more; use typedConfig with @type");
  if (typedConfig === undefined) {
    if (config === undefined) report("typedConfig", "the checker's settings are missing, with their @type");
    return { name };
  }
  try {
    const packed = decode("google.protobuf.Any", fromJson("google.protobuf.Any", typedConfig));
    if (!packed.typeUrl) report("typedConfig", "@type is missing");
    return { name, typedConfig: packed };
  } catch (error) {
    // `<field>: <what is wrong>: <value>`, and the value may be a secret; the name of an unknown field is none.
    const reason = (error as Error).message.replace(/(: (?!unknown field).*?): .*/s, "$1");
    report("typedConfig", `these are no settings of a health checker: ${reason}`);
    return { name };
  }
}
