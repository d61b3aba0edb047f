import { type Infer, type Shape, shape } from "../../api/mod.ts";

const comparison = shape.message({
  op: shape.enumeration(["EQ", "GE", "LE"]),
  value: shape.message({ defaultValue: shape.uint32(), runtimeKey: shape.string() }),
});
export type Comparison = Infer<typeof comparison>;

const headerMatcher = shape.message({
  name: shape.string(),
  ...shape.oneof("headerMatchSpecifier", {
    exactMatch: shape.string(),
    safeRegexMatch: shape.message({
      regex: shape.string(),
      googleRe2: shape.message({ maxProgramSize: shape.uint32Value() }),
    }),
    rangeMatch: shape.message({ start: shape.int64(), end: shape.int64() }),
    presentMatch: shape.bool(),
    prefixMatch: shape.string(),
    suffixMatch: shape.string(),
  }),
  invertMatch: shape.bool(),
});
export type HeaderMatcher = Infer<typeof headerMatcher>;

const GRPC_STATUSES = [
  "OK",
  "CANCELED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** The filters that hold no others. */
const leafFilters = {
  statusCodeFilter: shape.message({ comparison }),
  durationFilter: shape.message({ comparison }, { doc: "Compares the request's duration in milliseconds." }),
  notHealthCheckFilter: shape.message({}),
  traceableFilter: shape.message({}),
  runtimeFilter: shape.message({
    runtimeKey: shape.string(),
    percentSampled: shape.message({
      numerator: shape.uint32(),
      denominator: shape.enumeration(["HUNDRED", "TEN_THOUSAND", "MILLION"]),
    }),
    useIndependentRandomness: shape.bool(),
  }),
  headerFilter: shape.message({ header: headerMatcher }),
  responseFlagFilter: shape.message({ flags: shape.list(shape.string()) }, { doc: "No flags: any flag at all." }),
  grpcStatusFilter: shape.message({ statuses: shape.list(shape.enumeration(GRPC_STATUSES)), exclude: shape.bool() }),
};
type LeafFilters = Infer<ReturnType<typeof shape.message<typeof leafFilters>>>;

/** A filter holds one of the fields; andFilter and orFilter hold filters again. */
export interface AccessLogFilter extends LeafFilters {
  readonly andFilter?: { readonly filters?: readonly AccessLogFilter[] };
  readonly orFilter?: { readonly filters?: readonly AccessLogFilter[] };
}

const filters = shape.message({ filters: shape.list(shape.recursive<AccessLogFilter>((): Shape => accessLogFilter)) });
const accessLogFilter = shape.message(
  shape.oneof("filterSpecifier", { ...leafFilters, andFilter: filters, orFilter: filters }),
  { doc: "Which requests are logged. Default: all." },
);

const fileSink = shape.message({
  path: shape.string({ doc: "File on Envoy's machine; /dev/stdout works. Envoy refuses one that it cannot open." }),
  ...shape.oneof("outputFormat", {
    stringFormat: shape.string({ doc: "Envoy's command operators in text; it has to end in a line break." }),
    jsonFormat: shape.free({ doc: "An object; command operators in its texts are filled in." }),
  }),
});
export type FileSink = Infer<typeof fileSink>;

const accessLog = shape.message({
  ...shape.oneof("outputDestination", {
    fileSink,
    grpcService: shape.free({ doc: "Known but not served yet." }),
    openTelemetryService: shape.free({ doc: "Known but not served yet." }),
  }),
  filter: accessLogFilter,
});
export type AccessLog = Infer<typeof accessLog>;

export const listenerOptions = {
  accessLoggingService: shape.message({ accessLog: shape.list(accessLog) }, {
    doc: "Access logs of all requests and TCP connections of this listener.",
  }),
};
