/** The heap of every thread of a process that was started with `--inspect`, by the protocol of the inspector. */
export interface Inspector {
  /** Collects garbage in every thread; then the bytes in use on all their heaps and in buffers beside them. */
  heapAfterCollection(): Promise<number>;
  close(): void;
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
  readonly params?: Record<string, unknown>;
}

const LIMIT_MS = 30_000;

/** Connects to the inspector on a port of 127.0.0.1. Workers that are there already are found, later ones too. */
export async function connectInspector(port: number): Promise<Inspector> {
  const [target] = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`the inspector at port ${port} does not answer`));
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  const sessions = new Set<string>();
  let id = 0;
  socket.onmessage = ({ data }) => {
    const reply = JSON.parse(data) as Reply;
    const { sessionId, message } = (reply.params ?? {}) as { sessionId?: string; message?: string };
    if (reply.method === "NodeWorker.attachedToWorker") sessions.add(sessionId!);
    else if (reply.method === "NodeWorker.detachedFromWorker") sessions.delete(sessionId!);
    const inner = reply.method === "NodeWorker.receivedMessageFromWorker" ? JSON.parse(message!) as Reply : reply;
    if (inner.id !== undefined) waiting.get(inner.id)?.(inner);
  };
  /** Session undefined is the main thread. */
  const call = async (session: string | undefined, method: string, params = {}): Promise<Record<string, unknown>> => {
    const message = { id: ++id, method, params };
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const timer = setTimeout(() => reject(new Error(`the inspector gives no answer to ${method}`)), LIMIT_MS);
    waiting.set(message.id, resolve);
    if (session !== undefined) {
      const inner = { sessionId: session, message: JSON.stringify(message) };
      socket.send(JSON.stringify({ id: ++id, method: "NodeWorker.sendMessageToWorker", params: inner }));
    } else socket.send(JSON.stringify(message));
    const reply = await promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(message.id);
    });
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`);
    return reply.result ?? {};
  };
  await call(undefined, "NodeWorker.enable", { waitForDebuggerOnStart: false });
  return {
    async heapAfterCollection() {
      let sum = 0;
      for (const session of [undefined, ...sessions]) {
        // What finalizers let go of, the second one takes.
        for (let round = 0; round < 2; round++) await call(session, "HeapProfiler.collectGarbage");
        const usage = await call(session, "Runtime.getHeapUsage") as Record<string, number>;
        sum += usage.usedSize! + (usage.backingStorageSize ?? 0);
      }
      return sum;
    },
    close: () => socket.close(),
  };
}
