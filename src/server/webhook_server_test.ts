import assert from "node:assert/strict";
import { connect, type TLSSocket } from "node:tls";
import { type Certificate, createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { createMetrics, systemClock } from "../telemetry/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { MOST_BODY_BYTES } from "./webhook_body.ts";
import { startWebhookServer, type WebhookAnswer, type WebhookServer } from "./webhook_server.ts";

const authority = await createAuthority("webhook");
const issue = (commonName: string) => issueCertificate(authority, { commonName, ipAddresses: ["127.0.0.1"] });
const [one, two] = [await issue("one"), await issue("two")];

/** A server, a client that trusts it, and what it said. */
class Bed implements AsyncDisposable {
  certificate: Certificate = one;
  readonly clock = new FakeClock();
  readonly errors: string[] = [];
  readonly client = Deno.createHttpClient({ caCerts: [authority.cert] });
  review = (body: unknown): Promise<WebhookAnswer> => Promise.resolve({ review: { echo: body }, outcome: "allowed" });
  #server!: WebhookServer;
  metrics!: Awaited<ReturnType<typeof createMetrics>>;

  static async start(): Promise<Bed> {
    const bed = new Bed();
    const tell = (text: string, { error }: Readonly<Record<string, unknown>> = {}) =>
      void bed.errors.push(`${text}: ${String(error).split("\n")[0]}`);
    bed.metrics = await createMetrics();
    bed.#server = await startWebhookServer({
      address: "127.0.0.1:0",
      certificate: () => bed.certificate,
      review: (body) => bed.review(body),
      clock: bed.clock,
      logger: { info() {}, warn: tell, error: tell },
      metrics: bed.metrics,
    });
    return bed;
  }

  get port(): number {
    return Number(this.#server.address.split(":")[1]);
  }

  async post(body: BodyInit, { type = "application/json", path = "/validation", method = "POST" } = {}) {
    const url = `https://${this.#server.address}${path}`;
    const init = method === "GET" ? {} : { body, headers: { "content-type": type } };
    const response = await fetch(url, { method, client: this.client, ...init });
    return [response.status, await response.text()];
  }

  async connect(): Promise<TLSSocket> {
    const socket = connect({ host: "127.0.0.1", port: this.port, ca: authority.cert });
    await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    return socket;
  }

  /** The name in the certificate that a new connection is shown. */
  async shown(): Promise<unknown> {
    const socket = await this.connect();
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  }

  async requests(): Promise<string[]> {
    const text = await this.metrics.text();
    return text.split("\n").flatMap((line) => /^sluice_webhook_requests_total\{verdict="(.*)\n?/.exec(line)?.[1] ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    const closed = this.#server.close();
    await this.clock.advance(1_000);
    await closed;
  }
}

/** What a connection has been sent until it ends. */
async function received(socket: TLSSocket): Promise<string> {
  let text = "";
  socket.on("data", (data) => text += data);
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

Deno.test("webhook: a review goes to the handler and its answer back; what is no review is told why", async () => {
  await using bed = await Bed.start();
  assert.deepEqual(await bed.post('{"a":1}'), [200, '{"echo":{"a":1}}']);
  assert.deepEqual(await bed.post("{}", { type: "application/json; charset=utf-8" }), [200, '{"echo":{}}']);
  assert.equal((await bed.post("{"))[0], 400);
  assert.deepEqual(await bed.post("{}", { type: "application/x-yaml" }), [
    415,
    "content-type application/x-yaml: application/json is wanted\n",
  ]);
  bed.review = () => Promise.resolve({ fault: "this is no review" });
  assert.deepEqual(await bed.post("{}"), [400, "this is no review\n"]);
  assert.deepEqual(await bed.requests(), ['allowed"} 2', 'malformed"} 3']);
});

Deno.test("webhook: health, and other paths and methods", async () => {
  await using bed = await Bed.start();
  assert.deepEqual(await bed.post("", { path: "/healthz", method: "GET" }), [200, "ok\n"]);
  assert.equal((await bed.post("{}", { path: "/" }))[0], 404);
  assert.equal((await bed.post("", { method: "GET" }))[0], 405);
});

Deno.test("webhook: a body of two of the largest objects is read, a longer one is refused, however it comes", async () => {
  await using bed = await Bed.start();
  bed.review = (body) => Promise.resolve({ review: (body as string).length, outcome: "allowed" });
  const text = (length: number) => JSON.stringify("x".repeat(length - 2));
  assert.deepEqual(await bed.post(text(MOST_BODY_BYTES)), [200, String(MOST_BODY_BYTES - 2)]);
  const long = [413, `the body is longer than ${MOST_BODY_BYTES} bytes\n`];
  assert.deepEqual(await bed.post(text(MOST_BODY_BYTES + 1)), long);
  assert.deepEqual(await bed.post(new Blob([text(MOST_BODY_BYTES + 1)]).stream()), long, "in chunks");
});

Deno.test("webhook: a handler that fails is answered 500, and the next request is served", async () => {
  await using bed = await Bed.start();
  bed.review = () => Promise.reject(new Error("a bug"));
  assert.equal((await bed.post("{}"))[0], 500);
  assert.deepEqual(bed.errors, ["a request could not be validated: Error: a bug"]);
  bed.review = () => Promise.resolve({ review: {}, outcome: "refused" });
  assert.deepEqual(await bed.post("{}"), [200, "{}"]);
  assert.deepEqual(await bed.requests(), ['failed"} 1', 'refused"} 1']);
});

Deno.test("webhook: requests at once are each given their own answer", async () => {
  await using bed = await Bed.start();
  const waiting: (() => void)[] = [];
  bed.review = (body) =>
    new Promise((resolve) => {
      waiting.push(() => resolve({ review: body, outcome: "allowed" }));
      // The last that came is answered first.
      if (waiting.length === 20) waiting.toReversed().forEach((answer) => answer());
    });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => bed.post(String(i))));
  assert.deepEqual(answers, Array.from({ length: 20 }, (_, i) => [200, String(i)]));
});

Deno.test("webhook: a request that does not come to its end is cut off", async () => {
  await using bed = await Bed.start();
  const socket = await bed.connect();
  const end = received(socket);
  const reading = new Promise((resolve) => {
    const { setTimeout } = bed.clock;
    bed.clock.setTimeout = (callback, ms) => {
      resolve(ms);
      return setTimeout.call(bed.clock, callback, ms);
    };
  });
  socket.write("POST /validation HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{");
  assert.equal(await reading, 10_000);
  await bed.clock.advance(10_000);
  assert.equal(await end, "");
  assert.deepEqual(bed.errors, []);
});

Deno.test("webhook: another certificate is shown to new connections, those that are open go on; a bad one is passed over", async () => {
  await using bed = await Bed.start();
  const open = await bed.connect();
  assert.equal(await bed.shown(), "one");
  bed.certificate = { cert: two.cert, key: one.key };
  await bed.clock.advance(5_000);
  await bed.clock.advance(5_000);
  const error = "Error: the private key does not belong to the certificate";
  assert.deepEqual(bed.errors, [`the webhook's certificate cannot be used; the last good one stays: ${error}`]);
  assert.equal(await bed.shown(), "one");
  bed.certificate = two;
  await bed.clock.advance(5_000);
  assert.equal(await bed.shown(), "two");
  const answer = received(open);
  open.write("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*ok\n$/);
});

Deno.test("webhook: a certificate that is no good at the start, an address that is none or is taken: it does not start", async () => {
  await using bed = await Bed.start();
  const start = async (address: string, certificate: Certificate) =>
    await startWebhookServer({
      address,
      certificate: () => certificate,
      review: bed.review,
      clock: systemClock,
      logger: { info() {}, warn() {}, error() {} },
      metrics: bed.metrics,
    });
  await assert.rejects(start("127.0.0.1:0", { cert: one.cert, key: two.key }), /does not belong/);
  await assert.rejects(start("127.0.0.1:0", { cert: "", key: "" }));
  await assert.rejects(start("unix:/x", one), /it should be HOST:PORT/);
  await assert.rejects(start(`127.0.0.1:${bed.port}`, one), /EADDRINUSE/);
});

Deno.test("webhook: closing cuts off what does not end, after its grace", async () => {
  const bed = await Bed.start();
  const socket = await bed.connect();
  const end = received(socket);
  const asked = Promise.withResolvers<void>();
  bed.review = () => {
    asked.resolve();
    return new Promise(() => {});
  };
  socket.write("POST /validation HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
  await asked.promise;
  await bed[Symbol.asyncDispose]();
  assert.equal(await end, "");
  assert.equal(bed.clock.pending, 0);
});
