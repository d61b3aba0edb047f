import { type Infer, resourceRef, shape } from "../../api/mod.ts";

const append = shape.boolValue({ doc: "True (default): added beside a header of that name; false: in its place." });
const header = shape.message({
  key: shape.string({ doc: "Name of the header." }),
  value: shape.string({
    doc: "Text; Envoy's command operators such as %REQ(x-name)% are filled in, %% is a percent sign.",
  }),
});

/** A header with a value: Gloo's HeaderValueOption of response headers and of tunnels. */
export const headerToAdd = shape.message({ header, append });
export type HeaderToAdd = Infer<typeof headerToAdd>;

/** A header with a value, or all headers of a secret: Gloo's HeaderValueOption of request headers. */
export const requestHeaderToAdd = shape.message({
  ...shape.oneof("headerOption", {
    header,
    headerSecretRef: { ...resourceRef, doc: "A secret of kind header; every header in it is added as it stands." },
  }),
  append,
});
export type RequestHeaderToAdd = Infer<typeof requestHeaderToAdd>;

const headerManipulation = shape.message({
  requestHeadersToAdd: shape.list(requestHeaderToAdd),
  requestHeadersToRemove: shape.list(shape.string()),
  responseHeadersToAdd: shape.list(headerToAdd),
  responseHeadersToRemove: shape.list(shape.string()),
}, {
  doc: "Adds and removes headers. The weighted destination's come first, then the route's, then the virtual host's.",
});
export type HeaderManipulation = Infer<typeof headerManipulation>;

export const options = { headerManipulation };
