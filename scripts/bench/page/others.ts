/**
 * Figures of other control planes, measured before with the same method on the same kind of machine (2 cores, an Envoy 1.40
 * on the same machine): through Envoy and /proc only, VirtualServices or HTTPRoutes of 5 routes, a tenth as many backends.
 */
export interface OtherFigures {
  readonly name: string;
  /** How it was run, and how it was helped. */
  readonly note: string;
  /** By size. Text where a range was measured. */
  readonly rows: readonly {
    readonly size: number;
    readonly start: string;
    /** Median until traffic shows one changed route, in milliseconds. */
    readonly changeMs: number;
    readonly cpuPerChange: string;
    readonly idle: string;
    readonly memory: string;
  }[];
}

export const OTHERS: readonly OtherFigures[] = [
  {
    name: "Gloo",
    note:
      "Gloo from its sources of 2026 in file mode, refreshRate 1 s, state of the world. It was helped: as it is, it " +
      "crashes in file mode from 100 VirtualServices on, because its own status writes race with its watcher; file " +
      "writes were made atomic and status writing was switched off.",
    rows: [
      {
        ...{ size: 100, start: "0.27-0.33 s", changeMs: 1490, cpuPerChange: "0.10 s", idle: "0.05" },
        memory: "194 / 207 MiB",
      },
      {
        ...{ size: 1000, start: "0.99-1.5 s", changeMs: 1720, cpuPerChange: "1.2 s", idle: "0.38" },
        memory: "291 / 370 MiB",
      },
      {
        ...{ size: 5000, start: "5.4-8.1 s", changeMs: 8900, cpuPerChange: "8.9 s", idle: "1.0" },
        memory: "898 / 1,230 MiB",
      },
      {
        ...{ size: 10_000, start: "20-67 s", changeMs: 73_000, cpuPerChange: "not measured", idle: "not measured" },
        memory: "2,040 MiB",
      },
    ],
  },
  {
    name: "Envoy Gateway",
    note:
      "Envoy Gateway 1.9 in its file mode, HTTPRoutes of 5 rules, delta. It was helped: its file reading was sped up; " +
      "as it is, one change takes 8.8 s at 100 routes and 80 s at 1,000.",
    rows: [
      {
        ...{ size: 100, start: "1.5 s", changeMs: 160, cpuPerChange: "0.16 s", idle: "0.0005" },
        memory: "not measured",
      },
      { ...{ size: 1000, start: "5 s", changeMs: 1850, cpuPerChange: "2.4 s", idle: "0.0005" }, memory: "287 MiB" },
      {
        ...{ size: 5000, start: "28 s", changeMs: 18_000, cpuPerChange: "22 s", idle: "0.0005" },
        memory: "657 / 1,645 MiB",
      },
      {
        ...{ size: 10_000, start: "115 s", changeMs: 82_000, cpuPerChange: "93 s", idle: "0.0005" },
        memory: "not measured",
      },
    ],
  },
];
