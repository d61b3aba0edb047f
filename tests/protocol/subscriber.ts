/** One client of one type in each of the ways there are to ask, for tests that say once what holds for all of them. */
import { type DeltaDiscoveryRequest, type DiscoveryRequest, TYPE_URL } from "../../src/envoy/mod.ts";
import type { SnapshotType } from "../../src/xds/mod.ts";
import {
  ADS,
  type DeltaResponse,
  names,
  SERVICE_OF,
  type SotwResponse,
  type TestClient,
  type TestStream,
} from "../feature/xds_client.ts";

/** A form of xDS and a service to speak it with. */
export interface Way {
  readonly delta: boolean;
  /** All types on one stream, or the service of the one type. */
  readonly ads: boolean;
  readonly title: string;
}

export const WAYS: readonly Way[] = [
  { delta: false, ads: true, title: "state of the world, ADS" },
  { delta: false, ads: false, title: "state of the world, own service" },
  { delta: true, ads: true, title: "delta, ADS" },
  { delta: true, ads: false, title: "delta, own service" },
];

/** A response, as far as these tests look at it. */
export interface Heard {
  /** Sorted. */
  readonly names: readonly string[];
  /** Delta. Sorted. */
  readonly removed: readonly string[];
  /** Of the response. */
  readonly version: string;
  readonly nonce: string;
  /** Delta: by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What a client says of itself, and what it has from an earlier stream. */
export interface Arrival {
  /** Default: no Envoy, so that route configurations come whole in each way. */
  readonly userAgentName?: string;
  /** State of the world: the version that it was last sent. */
  readonly version?: string;
  /** Delta: versions by name. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** What a request says besides names. */
interface Answer {
  readonly nonce?: string;
  readonly error?: string;
}

export const TEST_ROLE = "ns~proxy";

export class Subscriber {
  readonly #way: Way;
  readonly #type: SnapshotType;
  readonly #arrival: Arrival;
  readonly #stream: TestStream<DiscoveryRequest & DeltaDiscoveryRequest, SotwResponse | DeltaResponse>;
  /** All that is asked for, which the state of the world says in each request. */
  #names: string[] = [];
  #count = 0;
  #begun = false;
  #last: Heard | undefined;

  constructor(client: TestClient, way: Way, type: SnapshotType, arrival: Arrival = {}) {
    this.#way = way;
    this.#type = type;
    this.#arrival = arrival;
    const service = way.ads ? ADS : SERVICE_OF[type];
    this.#stream = (way.delta ? client.delta(service) : client.stream(service)) as never;
  }

  /** Asks for these as well. The first time, without a name, for all there is. */
  subscribe(...wanted: string[]): void {
    this.#names.push(...wanted);
    this.#ask(wanted, [], {});
  }

  unsubscribe(...unwanted: string[]): void {
    this.#names = this.#names.filter((name) => !unwanted.includes(name));
    this.#ask([], unwanted, {});
  }

  /** Asks for these as well, in answer to a response that is not the last one. */
  subscribeStale(nonce: string, ...wanted: string[]): void {
    this.#names.push(...wanted);
    this.#ask(wanted, [], { nonce });
  }

  /** Takes what it asked for back, as if it had never been said (the server is to have passed it over). */
  forget(...unsaid: string[]): void {
    this.#names = this.#names.filter((name) => !unsaid.includes(name));
  }

  /** Accepts the last response, or an earlier one. */
  ack(nonce = this.#last!.nonce): void {
    this.#ask([], [], { nonce });
  }

  /** Refuses the last response. */
  nack(error: string): void {
    this.#ask([], [], { nonce: this.#last!.nonce, error });
  }

  /** The next response. None is passed over, so that it shows as well that nothing else was sent before. */
  async next(): Promise<Heard> {
    const response = await this.#stream.response(++this.#count);
    const version = "versionInfo" in response ? response.versionInfo : (response as DeltaResponse).systemVersionInfo;
    const single = (response.resources ?? []).flatMap((each) => "name" in each ? [[each.name!, each.version!]] : []);
    return this.#last = {
      names: names(response),
      removed: [...(response as DeltaResponse).removedResources ?? []].sort(),
      version: version ?? "",
      nonce: response.nonce ?? "",
      versions: Object.fromEntries(single),
    };
  }

  cancel(): void {
    this.#stream.cancel();
  }

  #ask(subscribe: string[], unsubscribe: string[], { nonce, error }: Answer): void {
    const { userAgentName = "subscriber", version, versions } = this.#arrival;
    const node = { id: "subscriber", userAgentName, metadata: { role: TEST_ROLE } };
    const common = {
      typeUrl: TYPE_URL[this.#type],
      ...(this.#begun ? {} : { node }),
      ...(error === undefined ? {} : { errorDetail: { code: 3, message: error } }),
    };
    if (this.#way.delta) {
      this.#stream.send({
        ...common,
        resourceNamesSubscribe: subscribe,
        resourceNamesUnsubscribe: unsubscribe,
        ...(nonce === undefined ? {} : { responseNonce: nonce }),
        ...(this.#begun || versions === undefined ? {} : { initialResourceVersions: { ...versions } }),
      });
    } else {
      this.#stream.send({
        ...common,
        resourceNames: [...this.#names],
        responseNonce: nonce ?? this.#last?.nonce ?? "",
        versionInfo: this.#last?.version ?? version ?? "",
      });
    }
    this.#begun = true;
  }
}
