import type { aboutMachine, versions } from "../machine.ts";
import type { ChurnFigures } from "./churn.ts";
import type { LatencyFigures } from "./latency.ts";

export interface KubernetesResults {
  readonly time: string;
  readonly machine: ReturnType<typeof aboutMachine>;
  readonly versions: Awaited<ReturnType<typeof versions>>;
  readonly latency: LatencyFigures[];
  churn?: ChurnFigures;
}

const ms = (value: number): string => `${Math.round(value)} ms`;
const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The section of docs/benchmarks.md. */
export function sectionText({ time, machine, versions, latency, churn }: KubernetesResults): string {
  return [
    "## In Kubernetes",
    `Made by \`deno task bench:kubernetes\`, begun ${
      time.slice(0, 16)
    }Z: ${machine.cpu}, ${machine.cores} cores; Sluice ` +
    `${versions.sluice}; a real kube-apiserver with etcd, the clients, Envoy and Sluice on the one machine.`,
    ...(latency.length === 0 ? [] : [
      "From the API server's answer to an edit of a VirtualService (three routes to a Service's Upstream) until Envoy answers " +
      "with the change:",
      [
        row("VirtualServices", "Services", "median", "p99", "most", "start", "memory"),
        row("---", "---", "---", "---", "---", "---", "---"),
        ...latency.map((one) =>
          row(
            count(one.virtualServices),
            count(one.services),
            ms(one.median),
            ms(one.p99),
            ms(one.most),
            ms(one.startMs),
            `${count(one.rssMib)} MiB`,
          )
        ),
      ].join("\n"),
      "**Start** is from the start of Sluice's process, with no state, until the last VirtualService answers.",
    ]),
    ...(churn ? [churnText(churn)] : []),
  ].join("\n\n");
}

function churnText(churn: ChurnFigures): string {
  const requests = Object.entries(churn.requests).filter(([, made]) => made > 0)
    .map(([verb, made]) => `${verb} ${count(made)}`).join(", ");
  return [
    `Twenty endpoints a second come and go for ${Math.round(churn.seconds / 60)} minutes, at ` +
    `${count(churn.virtualServices)} VirtualServices, ${count(churn.services)} Services and ${
      count(churn.endpoints)
    } endpoints:`,
    [
      row("what", "figure"),
      row("---", "---"),
      row("endpoints that came or went", count(churn.changes)),
      row("CPU of Sluice", `${churn.cores.toFixed(2)} cores`),
      row("memory, before and at most", `${count(churn.rssMibAtStart)} and ${count(churn.rssMibMost)} MiB`),
      row("statuses written at the start", count(churn.statusesAtStart)),
      row("statuses written by the churn", count(churn.statuses)),
      row("requests to the API server", requests || "none"),
      row("updates that Envoy took: endpoints", count(churn.edsUpdates)),
      row("clusters, routes", `${count(churn.cdsUpdates)}, ${count(churn.rdsUpdates)}`),
    ].join("\n"),
  ].join("\n\n");
}
