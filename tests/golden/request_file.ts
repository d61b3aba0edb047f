/** What a case's request.yaml says: requests, and what is expected of them. One YAML document each. */
import { splitDocuments } from "../../src/watchers/mod.ts";
import { valueOf } from "./run_case.ts";

/** How a text has to be: equal to it, matching a regular expression written `/…/`, or (null) not there. */
export type Wanted = string | null;

export interface Expectation {
  readonly request: {
    /** Default GET. */
    readonly method?: string;
    /** Default `/`. */
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    /** The bindPort in input.yaml of the listener to send to; default: the first listener. */
    readonly port?: number;
  };
  readonly expect: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, Wanted>>;
    readonly body?: Wanted;
    readonly bodyContains?: string | readonly string[];
    /** What the back end was asked; it echoes its request as JSON. */
    readonly upstream?: {
      readonly method?: Wanted;
      readonly path?: Wanted;
      readonly headers?: Readonly<Record<string, Wanted>>;
      readonly body?: Wanted;
    };
  };
}

const FIELDS = {
  top: ["request", "expect"],
  request: ["method", "path", "headers", "body", "port"],
  expect: ["status", "headers", "body", "bodyContains", "upstream"],
};

/** Reads a request.yaml; throws for a field that is unknown, as a misspelt one would expect nothing. */
export function readRequests(text: string): Expectation[] {
  return splitDocuments(text).map((document) => {
    const value = valueOf(document.text) as Expectation;
    known(value, FIELDS.top);
    known(value.request, FIELDS.request);
    known(value.expect, FIELDS.expect);
    if (Object.keys(value.expect).length === 0) throw new Error("expect says nothing");
    return value;
  });
}

function known(value: object, fields: readonly string[]): void {
  const unknown = Object.keys(value).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw new Error(`request.yaml: ${unknown} is none of ${fields.join(", ")}`);
}

/** True where the text is as wanted. */
export function isAsWanted(actual: string | undefined, wanted: Wanted): boolean {
  if (wanted === null) return actual === undefined;
  const pattern = /^\/(.*)\/$/s.exec(wanted)?.[1];
  return actual !== undefined && (pattern === undefined ? actual === wanted : new RegExp(pattern).test(actual));
}
