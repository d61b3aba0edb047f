/** AuthConfig, RateLimitConfig and GraphQLApi: decoded and kept. */
import { bool, free, list, message, oneof, string, stringValue, uint32 } from "../shape.ts";

/** One way to authenticate. Gloo's members are known by name; what is inside them is carried along. */
const authentication = oneof("authConfig", {
  basicAuth: free(),
  oauth: free({ deprecated: "use oauth2" }),
  oauth2: free(),
  apiKeyAuth: free(),
  pluginAuth: free(),
  opaAuth: free(),
  opaServerAuth: free(),
  ldap: free(),
  jwt: message({}),
  passThroughAuth: free(),
  hmacAuth: free(),
  portalAuth: free(),
});

export const authConfigSpec = message({
  configs: list(message({ name: stringValue({ doc: "What booleanExpr calls it." }), ...authentication }), {
    doc: "All must let the request pass, unless booleanExpr says otherwise.",
  }),
  booleanExpr: stringValue({ doc: "How the configs combine: `basic && (jwt || apikey)`." }),
  failOnRedirect: bool(),
});

const rateLimitAction = free();

export const rateLimitConfigSpec = message({
  ...oneof("configType", {
    raw: message({
      descriptors: list(free()),
      rateLimits: list(message({
        actions: list(rateLimitAction),
        setActions: list(rateLimitAction),
        limit: free(),
        type: string(),
      })),
      setDescriptors: list(free()),
    }),
  }),
});

export const graphqlApiSpec = message({
  ...oneof("schema", {
    executableSchema: message({ schemaDefinition: string(), executor: free(), grpcDescriptorRegistry: free() }),
    stitchedSchema: message({ subschemas: list(free()) }),
  }),
  statPrefix: stringValue(),
  persistedQueryCacheConfig: message({ cacheSize: uint32() }),
  allowedQueryHashes: list(string()),
  options: message({ logSensitiveInfo: bool() }),
});
