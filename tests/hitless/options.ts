import type { Random } from "../incremental/random.ts";

type Fields = Readonly<Record<string, unknown>>;
type Maker = (random: Random) => unknown;

const cors: Maker = (random) => ({
  allowOrigin: [random.pick(["https://one.example", "https://two.example"])],
  allowMethods: ["GET", "POST"],
});
const responseHeader: Maker = (random) => [{ header: { key: "x-edited", value: String(random.below(1000)) } }];

/** Options of a route that change nothing of what these tests look at. */
const ROUTE: Readonly<Record<string, Maker>> = {
  timeout: (random) => `${20 + random.below(40)}s`,
  idleTimeout: (random) => `${60 + random.below(60)}s`,
  cors,
  headerManipulation: (random) => ({ responseHeadersToAdd: responseHeader(random) }),
  hostRewrite: (random) => random.pick(["inside.example", "elsewhere.example"]),
  appendXForwardedHost: () => true,
  lbHash: (random) => ({ hashPolicies: [{ header: random.pick(["x-user", "x-tenant"]), terminal: true }] }),
  // Not served yet: a warning.
  faults: (random) => ({ abort: { percentage: 0, httpStatus: 500 + random.below(4) } }),
};

/** Where `/retry` is not asked, or another route answers it, these may change as well. */
const UNLESS_RETRYING: Readonly<Record<string, Maker>> = {
  retries: (random) => ({ retryOn: "connect-failure,reset", numRetries: 1 + random.below(3) }),
};

const VIRTUAL_HOST: Readonly<Record<string, Maker>> = {
  cors,
  includeAttemptCountInResponse: () => true,
};

const UPSTREAM: Readonly<Record<string, Maker>> = {
  connectionConfig: (random) => ({ connectTimeout: `${3 + random.below(7)}s` }),
  loadBalancerConfig: (random) => random.pick([{ random: {} }, { leastRequest: { choiceCount: 2 + random.below(3) } }]),
};

const makersOf = (of: "route" | "last route" | "virtual host" | "upstream", retrying: boolean): typeof ROUTE => {
  if (of === "upstream") return UPSTREAM;
  if (of === "virtual host") return { ...VIRTUAL_HOST, ...(!retrying && UNLESS_RETRYING) };
  const rewrite: Maker = (random) => random.pick(["/", "/rewritten"]);
  // The last route has `/retry` and `/ws`.
  return of === "last route"
    ? { ...ROUTE, ...(!retrying && UNLESS_RETRYING) }
    : { ...ROUTE, ...UNLESS_RETRYING, prefixRewrite: rewrite };
};

/** The options with one more, one less, or another value of one. */
export function changedOptions(
  random: Random,
  options: Fields,
  of: "route" | "last route" | "virtual host" | "upstream",
  retrying = false,
): { options: Fields; what: string } {
  const makers = makersOf(of, retrying);
  const name = random.pick(Object.keys(makers));
  if (name in options && random.oneIn(2)) {
    const { [name]: _, ...rest } = options;
    return { options: rest, what: `${name} taken away` };
  }
  const value = makers[name]!(random);
  return { options: { ...options, [name]: value }, what: `${name}: ${JSON.stringify(value)}` };
}
