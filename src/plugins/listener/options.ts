import { type Infer, shape } from "../../api/mod.ts";

const socketOption = shape.message({
  description: shape.string(),
  level: shape.int64({ doc: "Protocol level, as in setsockopt(2)." }),
  name: shape.int64({ doc: "Number of the option." }),
  ...shape.oneof("value", { intValue: shape.int64(), bufValue: shape.bytes() }),
  state: shape.enumeration(["STATE_PREBIND", "STATE_BOUND", "STATE_LISTENING"], { doc: "When it is set." }),
});
export type SocketOption = Infer<typeof socketOption>;

export const listenerOptions = {
  perConnectionBufferLimitBytes: shape.uint32Value({ doc: "Soft limit of a connection's buffers. Default 1 MiB." }),
  socketOptions: shape.list(socketOption),
  connectionBalanceConfig: shape.message({
    exactBalance: shape.message({}, { doc: "Each worker thread gets the same number of connections." }),
  }),
};
