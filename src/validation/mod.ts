/** Judges changes of the configuration before they are made; the validating admission webhook of Kubernetes asks. */
export { Validator } from "./validator.ts";
export type { ValidatorOptions } from "./validator.ts";
export type { Change, Verdict } from "./verdict.ts";
export { createAdmission } from "./admission.ts";
export type { AdmissionOptions, Outcome, Reviewed } from "./admission.ts";
