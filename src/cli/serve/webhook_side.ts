import type { Spec } from "../../api/mod.ts";
import { plugins } from "../../plugins/mod.ts";
import type { DecodeResource } from "../../report/mod.ts";
import {
  certificateFiles,
  type CertificateProvider,
  startWebhookServer,
  type WebhookServer,
} from "../../server/mod.ts";
import type { TranslatorSyncer } from "../../syncer/mod.ts";
import type { Clock, Logger, Metrics } from "../../telemetry/mod.ts";
import { createAdmission, Validator } from "../../validation/mod.ts";
import type { ServeConfig } from "../config.ts";
import { settingsOf } from "../read_folders.ts";
import { listening } from "./listening.ts";

export interface WebhookSideOptions {
  readonly config: ServeConfig;
  readonly syncer: TranslatorSyncer;
  readonly decode: DecodeResource;
  /** Namespaces that are read; undefined means all. */
  readonly namespaces: () => readonly string[] | undefined;
  /** Of the cluster's own authority, where that gives certificates. */
  readonly certificates: CertificateProvider | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Starts the validation webhook, where one is wanted. Rejects where it cannot listen or its certificate is no good. */
export async function startWebhook(options: WebhookSideOptions): Promise<WebhookServer | undefined> {
  const { config, syncer, decode, namespaces, certificates, clock, logger, metrics } = options;
  const { webhookAddress: address, webhookTls, writeNamespace, namespace } = config;
  if (address === undefined) return undefined;
  const validator = new Validator({
    ...{ incremental: syncer.incremental, plugins, writeNamespace, namespaces, clock },
    synced: () => syncer.synced,
    settingsOf: (snapshot): Spec<"Settings"> => settingsOf(snapshot, namespace),
  });
  const certificate = webhookTls ? certificateFiles(webhookTls.cert, webhookTls.key) : () => certificates!.current();
  const review = createAdmission({ validator, decode, logger });
  const where = { what: "the webhook", flag: "--webhook-address", address };
  const server = await listening(
    where,
    () => startWebhookServer({ address, certificate, review, clock, logger, metrics }),
  );
  logger.info("the webhook listens", { address: server.address });
  return server;
}
