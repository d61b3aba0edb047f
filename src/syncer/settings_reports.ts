import { idOf, type Resource } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";

/**
 * Fields of Settings that do something here, or for which nothing is left to do (changes are seen at once, so there is no
 * refreshRate; Proxies are kept in memory). A `true` covers all below it.
 */
const SERVED: Fields = {
  devMode: true,
  directoryArtifactSource: true,
  directoryConfigSource: true,
  directorySecretSource: true,
  discovery: { udsOptions: true },
  discoveryNamespace: true,
  kubernetes: true,
  kubernetesArtifactSource: true,
  kubernetesConfigSource: true,
  kubernetesSecretSource: true,
  refreshRate: true,
  secretOptions: { sources: { directory: true, kubernetes: true } },
  sluice: true,
  upstreamOptions: { globalAnnotations: true },
  watchNamespaces: true,
  watchNamespaceSelectors: true,
  gateway: {
    alwaysSortRouteTableRoutes: true,
    compressedProxySpec: true,
    isolateVirtualHostsBySslConfig: true,
    persistProxySpec: true,
    readGatewaysFromAllNamespaces: true,
    translateEmptyGateways: true,
    validation: {
      alwaysAccept: true,
      allowWarnings: true,
      // The certificate is named by flags or made.
      validationWebhookTlsCert: true,
      validationWebhookTlsKey: true,
      warnMissingTlsSecret: true,
      warnRouteShortCircuiting: true,
    },
    virtualServiceOptions: true,
  },
  gloo: {
    circuitBreakers: true,
    disableKubernetesDestinations: true,
    disableProxyGarbageCollection: true,
    invalidConfigPolicy: true,
    regexMaxProgramSize: true,
    xdsBindAddr: true,
  },
  // The plugin not_served reports these where they would guard something.
  extProc: true,
  extProcEarly: true,
  extProcLate: true,
  rbac: true,
};

interface Fields {
  readonly [field: string]: true | Fields;
}

/** A warning for each field of Settings that is set and that nothing serves yet. */
export function settingsReports(settings: Resource<"Settings">): Report[] {
  return unserved(settings.spec as Readonly<Record<string, unknown>>, SERVED, "").map((path) =>
    makeReport("warning", "SLUICE-1401", idOf(settings), path, "this setting is known but not served yet")
  );
}

function unserved(value: Readonly<Record<string, unknown>>, served: Fields, prefix: string): string[] {
  return Object.entries(value).flatMap(([field, set]) => {
    const path = `${prefix}${field}`;
    const known = Object.hasOwn(served, field) ? served[field] : undefined;
    if (known === true || isOff(set)) return [];
    if (known === undefined) return [path];
    if (!Array.isArray(set)) return unserved(set as Readonly<Record<string, unknown>>, known, `${path}.`);
    return set.flatMap((item, i) => unserved(item, known, `${path}[${i}].`));
  });
}

/** What only switches something off asks for nothing. */
function isOff(value: unknown): boolean {
  return value === undefined || value === false ||
    (typeof value === "object" && value !== null && Object.values(value).every(isOff));
}
