/** Requests that a browser would not send: what goes over a connection, from well-formed to anything. */
import type { Random } from "../../incremental/random.ts";
import { bytesOf, damaged, joined } from "../bytes.ts";
import { ROLE } from "../xds/stage.ts";

const PAGES = [
  ...["/", "/healthz", "/readyz", "/metrics", "/status", "/clients", "/snapshots/input", "/snapshots/proxies"],
  ...[`/snapshots/xds?node=${ROLE}`, "/snapshots/xds", "/snapshots/xds?node=", "/snapshots/xds?node=bystander"],
];
const TARGETS = [
  ...[
    "*",
    "//",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%00",
    "/%ff%fe",
    "/%",
    "/status/",
    "/STATUS",
    "/status#x",
  ],
  ...["http://x/status", "x:80", "", " ", "/status status", "?", "/?", "/__proto__", "/constructor", "http://[::1/"],
  ...[
    "/snapshots/xds?node=__proto__",
    "/snapshots/xds?node=constructor",
    "/snapshots/xds?node=%ff",
    "/snapshots/xds?node=a&node=b",
  ],
  ...[
    "/snapshots/xds?NODE=x",
    `/snapshots/xds?node=${"x".repeat(9_000)}`,
    "/snapshots/xds?node=<script>",
    "/snapshots/xds?%=%",
  ],
];
const METHODS = [
  "GET",
  "GET",
  "GET",
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "PRI",
  "get",
  "X",
  "",
  "GÉT",
];
const VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9", "http/1.1", ""];
const HEADERS: readonly (readonly [string, string])[] = [
  ...[["host", "x"], ["host", ""], ["host", "a b"], ["host", "x\r\nx: y"], ["connection", "close"]] as const,
  ...[["connection", "upgrade"], ["upgrade", "h2c"], ["upgrade", "websocket"], [
    "http2-settings",
    "AAMAAABkAAQAAP__",
  ]] as const,
  ...[["content-length", "0"], ["content-length", "5"], ["content-length", "-1"], ["content-length", "1e9"]] as const,
  ...[["content-length", "99999999999999999999"], ["transfer-encoding", "chunked"], [
    "transfer-encoding",
    "x, chunked",
  ]] as const,
  ...[["expect", "100-continue"], ["range", "bytes=0-1"], ["accept-encoding", "gzip, br"], [
    "accept",
    "text/html",
  ]] as const,
  ...[["if-none-match", "*"], ["cookie", "a=b"], ["x".repeat(2_000), "y"], ["x", "y".repeat(70_000)], [
    "",
    "y",
  ]] as const,
  ...[["x y", "z"], ["x", "\u0000"], ["x", "é"], [":path", "/"], ["__proto__", "x"], [
    "authorization",
    "Basic !",
  ]] as const,
];

/** One request or several on a connection. */
export function requestsFrom(random: Random): Uint8Array {
  return joined(...Array.from({ length: random.pick([1, 1, 1, 2, 5]) }, () => requestFrom(random)));
}

function requestFrom(random: Random): Uint8Array {
  const target = random.oneIn(3) ? random.pick(TARGETS) : random.pick(PAGES);
  const line = [random.pick(METHODS), target, random.pick(VERSIONS)].join(random.oneIn(20) ? "\t" : " ");
  const headers = [
    ...random.oneIn(8) ? [] : [["host", "127.0.0.1"] as const],
    ...random.upTo(random.pick([1, 3, 150]), () => random.pick(HEADERS)),
  ];
  const end = random.oneIn(15) ? "\n" : "\r\n";
  const text = [line, ...headers.map(([name, value]) => `${name}:${random.oneIn(9) ? "\t" : " "}${value}`)];
  const content = random.pick(["", "", "", "hello", "5\r\nhello\r\n0\r\n\r\n", "fffffffff\r\nx", "x".repeat(100_000)]);
  return bytesOf(text.map((each) => each + end).join("") + end + content);
}

export function mutateRequests(random: Random, pool: readonly Uint8Array[]): Uint8Array {
  return random.weighed<Uint8Array>([
    [5, () => requestsFrom(random)],
    [3, () => damaged(random, requestsFrom(random), pool)],
    [2, () => damaged(random, random.pick(pool), pool)],
    [1, () => joined(random.pick(pool), requestsFrom(random))],
  ]);
}
