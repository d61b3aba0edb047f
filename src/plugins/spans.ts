import { duration, type DurationMessage } from "../envoy/mod.ts";

/** The Duration of a decoded option; undefined stays undefined, which sets nothing. */
export function span(text: string | undefined): DurationMessage | undefined {
  return text === undefined ? undefined : duration(text);
}
