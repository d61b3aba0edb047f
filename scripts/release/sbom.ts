// The library's validator loads these three by name, which works where somebody imports them.
import "ajv";
import "ajv-formats";
import "ajv-formats-draft2019";
import { Enums, Models, Serialize, Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { PackageURL } from "packageurl-js";
import { Buffer } from "node:buffer";
import { PROTO_APIS, PROTO_PACKAGE } from "./licences.ts";
import { idOf, type Package } from "./parts.ts";

const SPEC = Spec.Spec1dot6;

export interface SbomOptions {
  readonly version: string;
  /** The commit that the executable is made of, where it is known. */
  readonly commit?: string;
  readonly packages: readonly Package[];
  readonly deno: string;
  readonly v8: string;
  /** Version of the npm package that Envoy's .proto files are taken from. */
  readonly protos: string;
}

/**
 * What is in the executable, as CycloneDX 1.6 in JSON: npm packages of which code is bundled, Deno and V8, and the APIs
 * that Envoy's messages are generated from. The same input gives the same text: there is no time and no random number in it.
 */
export function sbomText(options: SbomOptions): string {
  const { version, commit, deno, v8, protos } = options;
  const bom = new Models.Bom();
  const root = component(Enums.ComponentType.Application, "sluice", version, undefined, {
    ...(commit === undefined ? {} : { properties: { "sluice:commit": commit } }),
  });
  bom.metadata.component = root;
  const runtime = component(Enums.ComponentType.Platform, "deno", deno, "MIT", {
    purl: new PackageURL("github", "denoland", "deno", `v${deno}`, undefined, undefined).toString(),
  });
  const engine = component(Enums.ComponentType.Library, "v8", v8, "BSD-3-Clause");
  runtime.dependencies.add(engine.bomRef);
  const packages = new Map(options.packages.map((one) => [idOf(one), packageComponent(one)]));
  const wanted = new Set<string>();
  for (const one of options.packages) {
    for (const id of one.dependencies) {
      const other = packages.get(id);
      if (!other) continue;
      packages.get(idOf(one))!.dependencies.add(other.bomRef);
      wanted.add(id);
    }
  }
  const apis = PROTO_APIS.map((name) =>
    component(Enums.ComponentType.Data, name, undefined, "Apache-2.0", {
      properties: { "sluice:taken_from": `npm ${PROTO_PACKAGE}@${protos}` },
    })
  );
  for (const one of [runtime, engine, ...packages.values(), ...apis]) bom.components.add(one);
  const own = [...packages].filter(([id]) => !wanted.has(id)).map(([, one]) => one);
  for (const one of [runtime, ...own, ...apis]) root.dependencies.add(one.bomRef);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(SPEC));
  return serializer.serialize(bom, { sortLists: true, space: 2 }) + "\n";
}

/** What CycloneDX's JSON schema has against a text; undefined where nothing. */
export async function sbomFault(text: string): Promise<unknown> {
  return await new Validation.JsonStrictValidator(SPEC.version).validate(text) ?? undefined;
}

function packageComponent(one: Package): Models.Component {
  const [first, second] = one.name.split("/");
  const [group, name] = second === undefined ? [undefined, first!] : [first!, second];
  const [algorithm, digest = ""] = one.integrity.split("-");
  if (algorithm !== "sha512") throw new Error(`${idOf(one)} has no SHA-512: ${one.integrity}`);
  return component(Enums.ComponentType.Library, name, one.version, one.licence, {
    group,
    purl: new PackageURL("npm", group, name, one.version, undefined, undefined).toString(),
    sha512: Buffer.from(digest, "base64").toString("hex"),
  });
}

interface ComponentParts {
  readonly group?: string;
  readonly purl?: string;
  /** In hexadecimal digits. */
  readonly sha512?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

function component(
  type: Enums.ComponentType,
  name: string,
  version: string | undefined,
  licence: string | undefined,
  { group, purl, sha512, properties = {} }: ComponentParts = {},
): Models.Component {
  return new Models.Component(type, name, {
    bomRef: purl ?? (version === undefined ? name : `${name}@${version}`),
    ...{ group, version, purl },
    licenses: new Models.LicenseRepository(licence === undefined ? [] : [new Models.SpdxLicense(licence)]),
    hashes: new Models.HashDictionary(sha512 === undefined ? [] : [[Enums.HashAlgorithm["SHA-512"], sha512]]),
    properties: new Models.PropertyRepository(
      Object.entries(properties).map(([name, value]) => new Models.Property(name, value)),
    ),
  });
}
