import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { formatAddress, parseAddress } from "../address/mod.ts";
import { readJson } from "./webhook_body.ts";
import { type CertificateSource, loadCertificate, watchCertificate } from "./webhook_certificate.ts";
import type { ServerClock, ServerLogger, ServerMetrics } from "./xds_server_options.ts";

/** The review to send back with its outcome, or what is wrong with the one that came. */
export type WebhookAnswer = { readonly review: unknown; readonly outcome: string } | { readonly fault: string };

export interface WebhookOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly address: string;
  readonly certificate: CertificateSource;
  /** Answers the JSON of an AdmissionReview; rejects only where it has a fault itself. */
  readonly review: (body: unknown) => Promise<WebhookAnswer>;
  readonly clock: ServerClock;
  readonly logger: ServerLogger;
  readonly metrics: ServerMetrics;
  /** How often the certificate is looked at, in milliseconds. Default 5000. */
  readonly certificateRefreshMs?: number;
  /** How long a request may take to come in, in milliseconds. Default 10000, as long as the API server waits for an answer. */
  readonly requestTimeoutMs?: number;
}

export interface WebhookServer {
  /** `host:port` as bound. */
  readonly address: string;
  /** Takes no more requests; what is left after `graceMs` is cut off. Default 1000. */
  close(graceMs?: number): Promise<void>;
}

const REFRESH_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const PATH = "/validation";

/**
 * Serves the validating admission webhook over HTTPS: POST /validation, and GET /healthz. A changed certificate is used for
 * connections that begin after it, the others go on. Throws where the address cannot be bound or the certificate is no good.
 */
export async function startWebhookServer(options: WebhookOptions): Promise<WebhookServer> {
  const { clock, logger, certificateRefreshMs = REFRESH_MS, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const bind = parseAddress(options.address);
  if (!bind || "path" in bind) throw new Error(`webhook address ${options.address}: it should be HOST:PORT`);
  const first = await loadCertificate(options.certificate);
  const respond = responder(options, countersOf(options.metrics), requestTimeoutMs);
  const server = createServer(first, (request, response) => void respond(request, response));
  await listen(server, bind);
  const stop = watchCertificate(first, options.certificate, certificateRefreshMs, {
    clock,
    logger,
    changed: (certificate) => server.setSecureContext(certificate),
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: formatAddress({ host: bind.host, port }),
    close: (graceMs = 1_000) => {
      stop();
      return shutDown(server, clock, graceMs);
    },
  };
}

/** Answers requests; never rejects. */
function responder({ review, clock, logger }: WebhookOptions, count: Counters, timeoutMs: number) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split("?")[0];
    if (path === "/healthz") return end(response, 200, "ok\n");
    if (path !== PATH) return end(response, 404, `there is no ${path}; reviews go to ${PATH}\n`);
    if (request.method !== "POST") return end(response, 405, "only POST is answered here\n");
    const start = clock.elapsed();
    const cancel = clock.setTimeout(() => request.destroy(), timeoutMs);
    try {
      const read = await readJson(request).finally(cancel);
      if ("why" in read) {
        count(read.status === 413 ? "too large" : "malformed");
        return end(response, read.status, `${read.why}\n`);
      }
      const answer = await review(read.json);
      if ("fault" in answer) {
        count("malformed");
        return end(response, 400, `${answer.fault}\n`);
      }
      count(answer.outcome, clock.elapsed() - start);
      end(response, 200, JSON.stringify(answer.review), "application/json");
    } catch (error) {
      if (request.destroyed && !request.complete) return count("cut off");
      count("failed");
      logger.error("a request could not be validated", { error: error instanceof Error ? error.stack : String(error) });
      end(response, 500, "Sluice could not validate this; its log says why\n");
    }
  };
}

function end(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void {
  // What is left of a body that is not read would be taken for the next request.
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    ...(status >= 400 && { connection: "close" }),
  });
  response.end(body);
}

/** Counts a request by what became of it, with the milliseconds that it took where it was judged. */
type Counters = (outcome: string, ms?: number) => void;

function countersOf(metrics: ServerMetrics): Counters {
  const requests = metrics.counter("sluice_webhook_requests_total", "Requests to the webhook, by verdict.", [
    "verdict",
  ]);
  const seconds = metrics.histogram(
    "sluice_webhook_seconds",
    "From the first byte of a request to the webhook to its verdict.",
    [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
  );
  return (verdict, ms) => {
    requests.add(1, { verdict });
    if (ms !== undefined) seconds.observe(ms / 1000);
  };
}

function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

function shutDown(server: Server, clock: ServerClock, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
