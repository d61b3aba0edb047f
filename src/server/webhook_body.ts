import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";

/** A request that cannot be answered as a review: HTTP status and why. */
export interface HttpFault {
  readonly status: 400 | 413 | 415;
  readonly why: string;
}

/**
 * The longest body, in bytes. The API server takes objects of up to 3 MiB, and a review of an update holds two, old and new,
 * with some words around them.
 */
export const MOST_BODY_BYTES = 2 * 3 * 1024 * 1024 + 64 * 1024;

/** The JSON of a request, parsed. */
export async function readJson(request: IncomingMessage): Promise<{ readonly json: unknown } | HttpFault> {
  const [type] = (request.headers["content-type"] ?? "none").split(";").map((part) => part.trim().toLowerCase());
  if (type !== "application/json") return { status: 415, why: `content-type ${type}: application/json is wanted` };
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // What is too long is read to its end all the same: a client that is cut off while it sends never reads why.
    if (length > MOST_BODY_BYTES) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (length > MOST_BODY_BYTES) return { status: 413, why: `the body is longer than ${MOST_BODY_BYTES} bytes` };
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString()) };
  } catch (error) {
    return { status: 400, why: `the body is not JSON: ${error instanceof Error ? error.message : error}` };
  }
}
