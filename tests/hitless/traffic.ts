import { Random } from "../incremental/random.ts";
import { ByteStream } from "./byte_stream.ts";
import { Http1Client } from "./http1_client.ts";
import { Http2Client } from "./http2_client.ts";
import { Lane, type LaneSetting } from "./lane.ts";
import { frameStep, http2Step, httpStep, longStep, messageStep } from "./steps.ts";
import type { GatewayName } from "./render.ts";
import type { Targets } from "./targets.ts";
import { WebSocketFrames } from "./web_socket.ts";

/** Which Envoy is asked, and where. */
export interface TrafficOptions extends Omit<LaneSetting, "stopping" | "touched"> {
  readonly ports: Readonly<Record<GatewayName, number>>;
  readonly targets: Targets;
  /** PEM of the authority of all certificates. */
  readonly ca: string;
}

/** Steady traffic of all sorts to one Envoy. */
export interface Traffic {
  /** Connections of these groups may be drained until {@link Traffic.arrived}, and those that are open then. */
  touch(groups: readonly string[]): void;
  /** All edits have reached the Envoy. */
  arrived(): void;
  /** Ends all connections. */
  stop(): Promise<void>;
}

export function startTraffic(options: TrafficOptions): Traffic {
  const { ports, targets, ca } = options;
  const touched = new Set<string>();
  let stopping = false;
  const setting: LaneSetting = { ...options, stopping: () => stopping, touched: (group) => touched.has(group) };
  const lanes: Pick<Lane<never>, "name" | "group" | "mayDrain" | "end">[] = [];
  const runs: Promise<void>[] = [];
  const plain = (gateway: GatewayName) => () => connect(ports[gateway]);
  const secure = (gateway: GatewayName, host: string) => () => connectTls(ports[gateway], `${host}.test`, ca);
  const start = <C extends { close(): void | Promise<void> }>(
    name: string,
    group: string,
    open: () => Promise<C>,
    step: (lane: Lane<C>) => () => Promise<void>,
    { loops = 1, paceMs = setting.paceMs } = {},
  ): void => {
    const lane = new Lane(setting, name, group, open);
    lanes.push(lane);
    for (let i = 0; i < loops; i++) runs.push(lane.run(step(lane), paceMs));
  };
  // A handshake costs more than a request.
  const seldom = { paceMs: 5 * setting.paceMs };
  const http1 = (open: () => Promise<Deno.Conn>) => async () => new Http1Client(await open());
  const http2 = (open: () => Promise<Deno.Conn>) => async () => new Http2Client(await open());

  for (const [gateway, count] of [["main", 3], ["alt", 2]] as const) {
    for (let i = 0; i < count; i++) {
      start(`HTTP/1.1 ${i} at ${gateway}`, gateway, http1(plain(gateway)), (lane) => httpStep(lane, targets, gateway));
    }
    start(
      `HTTP/1.1, new ones, at ${gateway}`,
      gateway,
      http1(plain(gateway)),
      (lane) => httpStep(lane, targets, gateway, { keep: false }),
      seldom,
    );
    start(`HTTP/2 at ${gateway}`, gateway, http2(plain(gateway)), (lane) => http2Step(lane, targets, gateway), {
      loops: 10,
    });
  }
  for (const host of ["stay-tls", "tls0", "tls1", "tls2", "one.shared", "two.shared"]) {
    const open = http1(secure("tls", host));
    start(`TLS to ${host}`, `tls/${host}`, open, (lane) => httpStep(lane, targets, "tls", { host }));
    start(
      `TLS to ${host}, new ones`,
      `tls/${host}`,
      open,
      (lane) => httpStep(lane, targets, "tls", { host, keep: false }),
      seldom,
    );
  }
  for (const i of [0, 1]) {
    start(`long requests ${i} to ws`, "main", http1(plain("main")), (lane) => longStep(lane, "ws"));
  }
  const socket = (host: string, open: () => Promise<Deno.Conn>) => () => openSocket(open, `${host}.test`);
  const secureSocket = socket("stay-tls", secure("tls", "stay-tls"));
  start("websocket to stay-main", "main", socket("stay-main", plain("main")), (lane) => frameStep(lane));
  start("websocket to stay-tls", "tls/stay-tls", secureSocket, (lane) => frameStep(lane));
  // Some last as long as the run, some are made anew, so that they lead to what later edits take away.
  for (const most of [Infinity, 1000, 300]) {
    const name = `websocket of ${most} frames to ws`;
    start(name, "main", socket("ws", plain("main")), (lane) => frameStep(lane, most));
  }
  const tcp = (open: () => Promise<Deno.Conn>) => async () => new ByteStream(await open());
  start("TCP", "tcp", tcp(plain("tcp")), (lane) => messageStep(lane));
  start("TCP, new ones", "tcp", tcp(plain("tcp")), (lane) => messageStep(lane, false), seldom);
  for (const host of ["tcp-stay", "tcp-edit"]) {
    start(`TCP to ${host}`, `tcpSni/${host}`, tcp(secure("tcpSni", host)), (lane) => messageStep(lane));
    start(
      `TCP to ${host}, new ones`,
      `tcpSni/${host}`,
      tcp(secure("tcpSni", host)),
      (lane) => messageStep(lane, false),
      seldom,
    );
  }
  const mark = (groups: ReadonlySet<string>) => {
    for (const lane of lanes) if (groups.has(lane.group)) lane.mayDrain();
  };
  return {
    touch(groups) {
      for (const group of groups) touched.add(group);
      mark(touched);
    },
    arrived() {
      mark(touched);
      touched.clear();
    },
    stop: async () => {
      stopping = true;
      for (const lane of lanes) if (lane.name.startsWith("long")) lane.end();
      await Promise.all(runs);
    },
  };
}

async function connect(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay();
  return connection;
}

async function connectTls(port: number, hostname: string, ca: string): Promise<Deno.TlsConn> {
  const connection = await Deno.startTls(await connect(port), { hostname, caCerts: [ca] });
  await connection.handshake();
  return connection;
}

async function openSocket(open: () => Promise<Deno.Conn>, host: string): Promise<WebSocketFrames> {
  const client = new Http1Client(await open());
  return new WebSocketFrames(await client.upgrade(host, "/ws"));
}

/** A source of choices of its own, so that traffic does not disturb those of the edits. */
export const trafficChoices = (seed: number): Random => new Random(seed ^ 0x5eed);
