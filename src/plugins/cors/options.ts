import { type Infer, shape } from "../../api/mod.ts";

const corsPolicy = shape.message({
  allowOrigin: shape.list(shape.string(), { doc: "Origins, each whole: https://example.com. * allows every origin." }),
  allowOriginRegex: shape.list(shape.string(), { doc: "RE2 regexes that match a whole origin." }),
  allowMethods: shape.list(shape.string()),
  allowHeaders: shape.list(shape.string()),
  exposeHeaders: shape.list(shape.string()),
  maxAge: shape.string({ doc: "How long a browser may remember the answer to a preflight; a number of seconds." }),
  allowCredentials: shape.bool(),
  disableForRoute: shape.bool({ doc: "On a route: no CORS here, whatever the virtual host says." }),
});
export type CorsPolicy = Infer<typeof corsPolicy>;

export const virtualHostOptions = {
  cors: { ...corsPolicy, doc: "Which other sites' pages may read answers of this virtual host." },
};
export const routeOptions = {
  cors: {
    ...corsPolicy,
    doc: "As on the virtual host; what is not set here is taken from there, but not the origins.",
  },
};
