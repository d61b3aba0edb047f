import { freePort, type RunningEnvoy, send, startEnvoy, waitFor } from "../../../tests/envoy/harness.ts";
import { type RunningSluice, startSluice } from "../../../tests/envoy/product.ts";
import { type Backend, backendOn } from "../../../tests/kube/backends.ts";
import { kubeUpstream, service, slice } from "../../../tests/kube/services.ts";
import { gateway, type Manifest, World } from "../../../tests/kube/world.ts";

export interface BedSize {
  readonly virtualServices: number;
  readonly services: number;
  /** Of each Service. */
  readonly endpoints: number;
}

/** The answer of every back end. */
const ANSWER = "here";
/** How many objects are made at the same time. */
const PARALLEL = 20;

/** A cluster with VirtualServices that lead to Services, a Sluice on it, and an Envoy. */
export class Bed {
  private constructor(
    readonly size: BedSize,
    readonly world: World,
    readonly sluice: RunningSluice,
    readonly envoy: RunningEnvoy,
    readonly port: number,
    /** From the start of Sluice's process until the last VirtualService answered, in milliseconds. */
    readonly startMs: number,
    readonly backend: Backend,
  ) {}

  static async make(size: BedSize): Promise<Bed> {
    const world = await World.start(["gloo-system", "shop"]);
    const port = freePort();
    const backend = backendOn("10.77.0.1", ANSWER);
    const objects = [
      gateway(port),
      ...range(size.services).flatMap((i) => ofService(i, size)),
      ...range(size.virtualServices).map((i) => virtualService(i, size, "none")),
    ];
    for (let i = 0; i < objects.length; i += PARALLEL) {
      await Promise.all(objects.slice(i, i + PARALLEL).map((object) => world.apply(object)));
    }
    const start = performance.now();
    const sluice = await startSluice({
      sources: ["--kubeconfig", world.server.ready.kubeconfig],
      env: { DENO_V8_FLAGS: "--max-semi-space-size=2,--no-memory-reducer,--heap-growing-percent=50" },
    });
    const envoy = await startEnvoy({ xds: sluice.xds, delta: true });
    const bed = new Bed(size, world, sluice, envoy, port, 0, backend);
    await bed.untilAnswered(size.virtualServices - 1, "none");
    return new Bed(size, world, sluice, envoy, port, performance.now() - start, backend);
  }

  /** The value of the header that route 0 of a VirtualService sets. */
  async marker(i: number): Promise<string> {
    const { headers } = await send(this.port, "/", { host: `${i}.test` });
    return String(headers["x-marker"] ?? "");
  }

  async untilAnswered(i: number, marker: string): Promise<void> {
    await waitFor(`VirtualService ${i}`, async () => await this.marker(i) === marker, 120_000);
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.sluice.stop();
    await this.backend.stop();
    await this.world.stop();
  }
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A Service with its endpoints and its Upstream. */
const ofService = (
  i: number,
  size: BedSize,
): Manifest[] => [headless(i), sliceOf(i, size), kubeUpstream(nameOf(i), nameOf(i))];

/** The addresses of a cluster as small as the test's are few. */
function headless(i: number): Manifest {
  const made = service(nameOf(i));
  return { ...made, spec: { ...made.spec as object, clusterIP: "None" } };
}

export const nameOf = (service: number): string => `service-${service}`;

/** The endpoints of a Service; the first is the back end, the others may be there or not. */
export function sliceOf(service: number, { endpoints }: BedSize, without: ReadonlySet<number> = new Set()): Manifest {
  const addresses = range(endpoints).filter((i) => !without.has(i)).map((i) =>
    i === 0 ? "10.77.0.1" : `10.78.${service >> 4}.${(service & 15) * 16 + i}`
  );
  return slice(nameOf(service), addresses);
}

export function virtualService(i: number, { services }: BedSize, marker: string): Manifest {
  const upstream = { name: nameOf(i % services) };
  return {
    apiVersion: "gateway.solo.io/v1",
    kind: "VirtualService",
    metadata: { name: `vs-${i}` },
    spec: {
      virtualHost: {
        domains: [`${i}.test`],
        routes: ["/a", "/b", "/"].map((prefix) => ({
          matchers: [{ prefix }],
          routeAction: { single: { upstream } },
          options: {
            headerManipulation: { responseHeadersToAdd: [{ header: { key: "x-marker", value: marker } }] },
          },
        })),
      },
    },
  };
}
