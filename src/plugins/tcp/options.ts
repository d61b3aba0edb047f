import { shape } from "../../api/mod.ts";
import { headerToAdd } from "../headers/options.ts";

export const tcpListenerOptions = {
  tcpProxySettings: shape.message({
    maxConnectAttempts: shape.uint32Value({ doc: "Attempts to connect to the upstream, at least 1. Default 1." }),
    idleTimeout: shape.duration({ doc: "Closes a connection on which nothing moves. Default 1h; 0s: never." }),
    tunnelingConfig: shape.message({
      hostname: shape.string({ doc: "host:port of the CONNECT request; command operators are filled in." }),
      headersToAdd: shape.list(headerToAdd),
    }, { doc: "Carries the connection over HTTP CONNECT to the upstream." }),
    accessLogFlushInterval: shape.duration({ doc: "Logs open connections this often, at least 1ms." }),
  }),
};
