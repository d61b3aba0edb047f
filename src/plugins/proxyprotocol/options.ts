import { shape } from "../../api/mod.ts";

export const listenerOptions = {
  proxyProtocol: shape.message({
    rules: shape.list(
      shape.message({
        tlvType: shape.uint32({ doc: "0 to 255." }),
        onTlvPresent: shape.message({
          metadataNamespace: shape.string({ doc: "Default envoy.filters.listener.proxy_protocol." }),
          key: shape.string(),
        }),
      }),
      { doc: "Which TLVs are kept in dynamic metadata, and where." },
    ),
    allowRequestsWithoutProxyProtocol: shape.bool({ doc: "Takes connections without the header too. Default false." }),
  }, { doc: "Reads the PROXY protocol's header, version 1 or 2, at the start of each connection." }),
};
