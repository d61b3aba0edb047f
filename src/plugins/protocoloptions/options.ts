import { shape } from "../../api/mod.ts";

export const upstreamOptions = {
  useHttp2: shape.boolValue({ doc: "Speak HTTP/2 to the back end. Default false; true with a grpc serviceSpec." }),
  protocolSelection: shape.enumeration(["USE_CONFIGURED_PROTOCOL", "USE_DOWNSTREAM_PROTOCOL"], {
    doc: "USE_DOWNSTREAM_PROTOCOL: HTTP/1.1 or HTTP/2, whichever the client speaks.",
  }),
  initialStreamWindowSize: shape.uint32Value({ doc: "Bytes, 65535 to 2147483647. HTTP/2 only." }),
  initialConnectionWindowSize: shape.uint32Value({ doc: "Bytes, 65535 to 2147483647. HTTP/2 only." }),
  maxConcurrentStreams: shape.uint32Value({ doc: "1 to 2147483647, on one connection. HTTP/2 only." }),
  overrideStreamErrorOnInvalidHttpMessage: shape.boolValue({
    doc: "An invalid message ends its stream only, not the connection. HTTP/2 only.",
  }),
  proxyProtocolVersion: shape.stringValue({ doc: "V1 or V2: connections begin with a PROXY protocol header." }),
};
