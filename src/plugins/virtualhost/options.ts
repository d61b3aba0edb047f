import { shape } from "../../api/mod.ts";

export const virtualHostOptions = {
  includeRequestAttemptCount: shape.boolValue({ doc: "Tells the upstream the try's number in x-envoy-attempt-count." }),
  includeAttemptCountInResponse: shape.boolValue({ doc: "Tells the client the number of tries." }),
};
