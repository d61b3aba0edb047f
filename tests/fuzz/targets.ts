import { createAdminTarget } from "./admin/target.ts";
import type { FuzzTarget } from "./target.ts";
import { createXdsTarget } from "./xds/target.ts";
import { createYamlTarget } from "./yaml/target.ts";

/** Every target by its name. `envoyEvery` asks a real Envoy about each so-many-th result; 0 never. */
export const TARGETS: Readonly<Record<FuzzTarget["name"], (envoyEvery: number) => Promise<FuzzTarget>>> = {
  yaml: createYamlTarget,
  xds: createXdsTarget,
  admin: createAdminTarget,
};
