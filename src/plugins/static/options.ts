import { shape } from "../../api/mod.ts";

const host = shape.message({
  addr: shape.string({ doc: "Host name or IP address; an IPv6 address without brackets." }),
  port: shape.uint32({ doc: "1 to 65535." }),
  sniAddr: shape.string({ doc: "TLS server name for this host. Default: see autoSniRewrite." }),
  loadBalancingWeight: shape.uint32Value({ doc: "At least 1. Default: all hosts weigh the same." }),
  healthCheckConfig: shape.message({ path: shape.string(), method: shape.string() }),
  metadata: shape.map(shape.free(), {
    doc: "Endpoint metadata: by filter name, an object. `envoy.lb` holds what subsets are selected by.",
  }),
});

export const staticUpstream = shape.message({
  hosts: shape.list(host),
  useTls: shape.boolValue({
    doc: "TLS without verification, for hosts without an sslConfig. Default: true where a host has port 443.",
  }),
  autoSniRewrite: shape.boolValue({ doc: "Send each host's name as TLS server name. Default true." }),
  serviceSpec: shape.free(),
}, { doc: "Back ends by address." });

export const upstreamOptions = shape.oneof("upstreamType", { static: staticUpstream });

export type StaticUpstream = shape.Infer<typeof staticUpstream>;
export type StaticHost = shape.Infer<typeof host>;
