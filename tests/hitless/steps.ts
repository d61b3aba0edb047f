import { type ByteStream, Ended } from "./byte_stream.ts";
import type { Http1Client } from "./http1_client.ts";
import type { Http2Client } from "./http2_client.ts";
import { type Lane, patiently } from "./lane.ts";
import type { GatewayName } from "./render.ts";
import type { Targets } from "./targets.ts";
import type { WebSocketFrames } from "./web_socket.ts";

type Step = () => Promise<void>;

/** A request on the lane's HTTP/1.1 connection; `keep: false`: on a connection of its own. */
export function httpStep(
  lane: Lane<Http1Client>,
  targets: Targets,
  gateway: GatewayName,
  { host, keep = true }: { readonly host?: string; readonly keep?: boolean } = {},
): Step {
  return async () => {
    const picked = targets.pick(gateway, host);
    // While its host is away Envoy may end the connection unseen.
    if (!picked) return lane.end();
    const { target, path } = picked;
    await targets.during(target, async () => {
      const held = await lane.held();
      if (!held) return;
      lane.setting.ledger.count(host ? "requests over TLS" : "http/1.1 requests");
      const request = `GET ${target.host}.test${path}`;
      try {
        const answer = await patiently(held.client.ask(`${target.host}.test`, path));
        if (answer.status !== 200) lane.fault(`${request}: status ${answer.status} ${answer.body}`, "lost");
        if (answer.last) lane.ended(held, `${request}: connection: close`);
        else if (!keep) lane.drop(held);
      } catch (error) {
        lost(lane, request, error);
        lane.drop(held);
      }
    });
  };
}

/** A request that is on its way for longer than a removed cluster stays. The host is never away. */
export function longStep(lane: Lane<Http1Client>, host: string): Step {
  return async () => {
    const held = await lane.held();
    if (!held) return;
    lane.setting.ledger.count("long requests");
    const request = `GET ${host}.test/long`;
    try {
      const answer = await patiently(held.client.ask(`${host}.test`, "/long"));
      if (answer.status !== 200) lane.fault(`${request}: status ${answer.status} ${answer.body}`, "lost");
      if (answer.last) lane.ended(held, `${request}: connection: close`);
    } catch (error) {
      // At the end of all it is not waited for.
      if (!lane.setting.stopping()) lost(lane, request, error);
      lane.drop(held);
    }
  };
}

/** A request on the lane's HTTP/2 connection, beside those of other steps. */
export function http2Step(lane: Lane<Http2Client>, targets: Targets, gateway: GatewayName): Step {
  return async () => {
    const picked = targets.pick(gateway);
    if (!picked) return;
    const { target, path } = picked;
    await targets.during(target, async () => {
      const held = await lane.held();
      if (!held) return;
      lane.setting.ledger.count("http/2 requests");
      const request = `GET ${target.host}.test${path}`;
      try {
        const answer = await patiently(held.client.ask(`${target.host}.test`, path));
        if (answer.status !== 200) lane.fault(`${request}: status ${answer.status} ${answer.body}`, "lost");
      } catch (error) {
        lost(lane, request, error);
      }
      const { leaving, ended } = held.client;
      if (leaving ?? ended) lane.ended(held, leaving ?? ended);
    });
  };
}

function lost(lane: Lane<Http1Client> | Lane<Http2Client>, request: string, error: unknown): void {
  const as = error instanceof Ended ? (error.how === "reset" ? "resets" : "closes") : "lost";
  lane.fault(`${request}: ${String(error)}`, as);
}

let frames = 0;

/** A text on the lane's websocket and back; after `most` of them on a new one. */
export function frameStep(lane: Lane<WebSocketFrames>, most = Infinity): Step {
  let count = 0;
  return async () => {
    if (++count > most) {
      count = 0;
      lane.end();
    }
    const held = await lane.held();
    if (!held) return;
    const text = `frame ${++frames}`;
    lane.setting.ledger.count("websocket frames");
    try {
      await patiently(held.client.send(text));
      const back = await patiently(held.client.receive());
      if (back !== text) lane.fault(`${text} came back as ${back}`, "lost");
    } catch (error) {
      lane.ended(held, error);
    }
  };
}

/** Some bytes on the lane's connection and back; `keep: false`: on a connection of its own. */
export function messageStep(lane: Lane<ByteStream>, keep = true): Step {
  return async () => {
    const held = await lane.held();
    if (!held) return;
    const text = `message ${++frames}`;
    lane.setting.ledger.count("TCP messages");
    try {
      await patiently(held.client.write(`${text}\r\n`));
      const back = await patiently(held.client.line());
      if (back !== text) lane.fault(`${text} came back as ${back}`, "lost");
      if (!keep) lane.drop(held);
    } catch (error) {
      lane.ended(held, error);
    }
  };
}
