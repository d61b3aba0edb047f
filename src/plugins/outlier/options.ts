import { shape } from "../../api/mod.ts";

const percent = (doc: string) => shape.uint32Value({ doc: `${doc} 0 to 100.` });

export const outlierDetection = shape.message({
  consecutive5xx: shape.uint32Value({ doc: "Answers of 5xx in a row before a host is ejected. Default 5." }),
  interval: shape.duration({ doc: "Required, above zero: time between sweeps." }),
  baseEjectionTime: shape.duration({ doc: "Above zero; multiplied by the number of ejections. Default 30s." }),
  maxEjectionPercent: percent("Share of the hosts that may be ejected. Default 10."),
  enforcingConsecutive5xx: percent("Chance of an ejection by consecutive5xx. Default 100."),
  enforcingSuccessRate: percent("Chance of an ejection by success rate. Default 100."),
  successRateMinimumHosts: shape.uint32Value({ doc: "Default 5." }),
  successRateRequestVolume: shape.uint32Value({ doc: "Default 100." }),
  successRateStdevFactor: shape.uint32Value({ doc: "Thousandths. Default 1900." }),
  consecutiveGatewayFailure: shape.uint32Value({ doc: "Answers of 502, 503 or 504 in a row. Default 5." }),
  enforcingConsecutiveGatewayFailure: percent("Chance of an ejection by consecutiveGatewayFailure. Default 0."),
  splitExternalLocalOriginErrors: shape.bool({ doc: "Count connection failures apart from answers." }),
  consecutiveLocalOriginFailure: shape.uint32Value({ doc: "Default 5." }),
  enforcingConsecutiveLocalOriginFailure: percent(
    "Chance of an ejection by consecutiveLocalOriginFailure. Default 100.",
  ),
  enforcingLocalOriginSuccessRate: percent("Chance of an ejection by local success rate. Default 100."),
});
export type OutlierDetection = shape.Infer<typeof outlierDetection>;
