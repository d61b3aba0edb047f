import type { Certificate } from "../../certificates.ts";
import { type Manifest, routeTable, secret, upstream, upstreamsOf, virtualService } from "./configuration.ts";

/** One question to the webhook. */
export interface Question {
  /** For the table. */
  readonly sort: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly object?: Manifest;
  readonly oldObject?: Manifest;
}

type Ask = (n: number, size: number, certificates: readonly Certificate[]) => Question;

const update = (sort: string, oldObject: Manifest, object: Manifest): Question => (
  { sort, operation: "UPDATE", object, oldObject }
);
const remove = (sort: string, oldObject: Manifest): Question => ({ sort, operation: "DELETE", oldObject });

/** One of each sort; `n` counts the rounds. */
const SORTS: readonly Ask[] = [
  (n, size) => edit("a route is edited", n, size, { timeout: `${n + 1}s` }),
  (n, size) => ({
    sort: "a VirtualService is new",
    operation: "CREATE",
    object: virtualService(n + 1, size, { name: `new-${n}` }),
  }),
  (n, size) => remove("a VirtualService is deleted", virtualService(size - 1 - n * 7, size)),
  (n, size) => edit("a route is faulty", n + 100, size, { timeout: "-1s" }),
  (n, size) => edit("a domain belongs to another", n + 200, size, { domain: `vs-${n}.test` }),
  (n, size) =>
    update("an Upstream is edited", upstream(n % upstreamsOf(size)), upstream(n % upstreamsOf(size), 81 + n)),
  (n, size) => remove("an Upstream in use is deleted", upstream(n % upstreamsOf(size))),
  (n) => update("the Upstream of all is edited", upstream("all"), upstream("all", 81 + n)),
  () => remove("the Upstream of all is deleted", upstream("all")),
  (n, size) => update("a RouteTable is edited", routeTable(n % 50, size), routeTable(n % 50, size, `${n + 6}s`)),
  (n, size) => remove("a RouteTable in use is deleted", routeTable(n % 50, size)),
  (n, _, certificates) =>
    update(
      "a certificate is renewed",
      secret(n % 50, certificates[n % certificates.length]!),
      secret(n % 50, certificates[(n + 1) % certificates.length]!),
    ),
  (n, _, certificates) =>
    remove("a certificate in use is deleted", secret(n % 50, certificates[n % certificates.length]!)),
];

function edit(sort: string, n: number, size: number, wish: Parameters<typeof virtualService>[2]): Question {
  return update(sort, virtualService(n, size), virtualService(n, size, wish));
}

/** Rounds of all sorts, one after the other. */
export function questions(rounds: number, size: number, certificates: readonly Certificate[]): Question[] {
  return Array.from({ length: rounds }, (_, n) => SORTS.map((ask) => ask(n, size, certificates))).flat();
}

/** The AdmissionReview that the API server would send. */
export function reviewOf({ operation, object, oldObject }: Question, uid: string): unknown {
  const { apiVersion, kind, metadata } = (object ?? oldObject)!;
  const [group, version] = String(apiVersion).includes("/") ? String(apiVersion).split("/") : ["", apiVersion];
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid,
      kind: { group, version, kind },
      ...metadata,
      operation,
      object: object ?? null,
      oldObject: oldObject ?? null,
      // Nothing is kept, so that each round asks the same.
      dryRun: true,
    },
  };
}
