// Made by scripts/gen_registry.ts from the folders here. Do not edit.
import type { AnyPlugin } from "./contract.ts";
import { plugin as alsPlugin } from "./als/mod.ts";
import { plugin as basicroutePlugin } from "./basicroute/mod.ts";
import { plugin as circuitbreakersPlugin } from "./circuitbreakers/mod.ts";
import { plugin as corsPlugin } from "./cors/mod.ts";
import { plugin as hcmPlugin } from "./hcm/mod.ts";
import { plugin as headersPlugin } from "./headers/mod.ts";
import { plugin as healthchecksPlugin } from "./healthchecks/mod.ts";
import { plugin as kubernetesPlugin } from "./kubernetes/mod.ts";
import { plugin as listenerPlugin } from "./listener/mod.ts";
import { plugin as loadbalancerPlugin } from "./loadbalancer/mod.ts";
import { plugin as outlierPlugin } from "./outlier/mod.ts";
import { plugin as pipePlugin } from "./pipe/mod.ts";
import { plugin as protocoloptionsPlugin } from "./protocoloptions/mod.ts";
import { plugin as proxyprotocolPlugin } from "./proxyprotocol/mod.ts";
import { plugin as routeconfigPlugin } from "./routeconfig/mod.ts";
import { plugin as staticPlugin } from "./static/mod.ts";
import { plugin as tcpPlugin } from "./tcp/mod.ts";
import { plugin as tlsInspectorPlugin } from "./tls_inspector/mod.ts";
import { plugin as upstreamconnPlugin } from "./upstreamconn/mod.ts";
import { plugin as virtualhostPlugin } from "./virtualhost/mod.ts";
import { plugin as notServedPlugin } from "./not_served/mod.ts";

/** Every plugin, in the order in which their hooks are called. */
export const plugins: readonly AnyPlugin[] = [
  alsPlugin,
  basicroutePlugin,
  circuitbreakersPlugin,
  corsPlugin,
  hcmPlugin,
  headersPlugin,
  healthchecksPlugin,
  kubernetesPlugin,
  listenerPlugin,
  loadbalancerPlugin,
  outlierPlugin,
  pipePlugin,
  protocoloptionsPlugin,
  proxyprotocolPlugin,
  routeconfigPlugin,
  staticPlugin,
  tcpPlugin,
  tlsInspectorPlugin,
  upstreamconnPlugin,
  virtualhostPlugin,
  notServedPlugin,
];
