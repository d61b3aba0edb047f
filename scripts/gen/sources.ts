import grpcXds from "@grpc/grpc-js-xds/package.json" with { type: "json" };

/** Where the .proto files come from. */
export interface ProtoSources {
  /** Version of the npm package that carries Envoy's files. */
  readonly version: string;
  /** Import roots, searched in this order. */
  readonly importRoots: readonly URL[];
}

/**
 * The .proto files that npm `@grpc/grpc-js-xds` carries. Importing its package.json makes Deno fetch the package where
 * it is not cached yet, and resolving it gives its folder, whichever cache folder this Deno uses.
 */
export function protoSources(): ProtoSources {
  const deps = new URL("deps/", import.meta.resolve("@grpc/grpc-js-xds/package.json"));
  return {
    version: grpcXds.version,
    importRoots: ["envoy-api", "xds", "googleapis", "protoc-gen-validate"].map((name) => new URL(`${name}/`, deps)),
  };
}
