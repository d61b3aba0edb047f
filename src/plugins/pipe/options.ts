import { shape } from "../../api/mod.ts";

export const upstreamOptions = shape.oneof("upstreamType", {
  pipe: shape.message({
    path: shape.string({ doc: "Path of the socket; `@name` is an abstract socket. At most 107 bytes." }),
    serviceSpec: shape.free(),
  }, { doc: "A back end on a unix domain socket of Envoy's machine." }),
});
