/**
 * Light xDS clients, each with a connection of its own, in a process of their own. Started by the bench as
 * `light_clients.ts ADDRESS sotw|delta ROLE`; told what to do by lines of JSON on standard input ({@link Order}), each answered
 * by one on standard output ({@link Answer}). Ends with its standard input.
 */
import type { Buffer } from "node:buffer";
import type { Answer, Order } from "./client_orders.ts";
import { now } from "./clock.ts";
import { eachLine } from "./lines.ts";
import { LightClient } from "./xds/light_client.ts";
import { indexOfText } from "./xds/search.ts";
import { TYPE_URL, type XdsForm } from "./xds/wire.ts";

const [address, form, role] = Deno.args as [string, XdsForm, string];
/** Clients that connect at once. */
const AT_ONCE = 20;

interface Expected {
  readonly marker: string;
  readonly arrivals: number[];
  readonly seen: Set<number>;
  readonly done: () => void;
}

const ready: (() => void)[] = [];
let expected: Expected | undefined;
let responses = 0;
let opened = 0;

function open(index: number, complete: string): Promise<void> {
  return new Promise((resolve) => {
    ready[index] = resolve;
    new LightClient({
      ...{ address, form, role, nodeId: `light-${index}` },
      onResponse: (typeUrl, response) => received(index, typeUrl, response, complete),
      onEnd: (why) => {
        console.error(`light client ${index}: ${why}`);
        Deno.exit(1);
      },
    });
  });
}

function received(index: number, typeUrl: string, response: Buffer, complete: string): void {
  if (typeUrl !== TYPE_URL.route && typeUrl !== TYPE_URL.virtualHost) return;
  responses++;
  if (index >= opened && indexOfText(response, complete) >= 0) ready[index]!();
  if (expected === undefined || expected.seen.has(index) || indexOfText(response, expected.marker) < 0) return;
  expected.seen.add(index);
  expected.arrivals.push(now());
  if (expected.arrivals.length === opened) expected.done();
}

async function openUpTo(count: number, complete: string): Promise<void> {
  while (opened < count) {
    const next = Math.min(count, opened + AT_ONCE);
    await Promise.all(Array.from({ length: next - opened }, (_, i) => open(opened + i, complete)));
    opened = next;
  }
}

function expect(marker: string, limitMs: number): void {
  responses = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  const current: Expected = { marker, arrivals: [], seen: new Set(), done: resolve };
  expected = current;
  promise.then(() => {
    clearTimeout(timer);
    say({ arrivals: current.arrivals, responses });
  });
}

const output = new TextEncoder();
function say(answer: Answer): void {
  Deno.stdout.writeSync(output.encode(JSON.stringify(answer) + "\n"));
}

await eachLine(Deno.stdin.readable, (line) => {
  const order = JSON.parse(line) as Order;
  if ("open" in order) openUpTo(order.open, order.complete).then(() => say({ opened }));
  else {
    expect(order.expect, order.limitMs);
    say({ expecting: order.expect });
  }
});
Deno.exit();
