/**
 * What Kubernetes says of path types (its page on Ingress, "Examples"), and a reading of it by elements that knows nothing
 * of Proxies: for the tests of this room and for those with a real Envoy.
 */

/** Paths of one host, `=/a` of type Exact and others of type Prefix. */
export interface PathExample {
  readonly paths: readonly string[];
  readonly request: string;
  /** Which of the paths takes the request. */
  readonly taken: string | undefined;
}

const one = (path: string, request: string, matches: boolean): PathExample => ({
  paths: [path],
  request,
  taken: matches ? path : undefined,
});

export const PATH_EXAMPLES: readonly PathExample[] = [
  one("/", "/", true),
  one("/", "/any/path", true),
  one("=/foo", "/foo", true),
  one("=/foo", "/bar", false),
  one("=/foo", "/foo/", false),
  one("=/foo/", "/foo", false),
  one("/foo", "/foo", true),
  one("/foo", "/foo/", true),
  one("/foo/", "/foo", true),
  one("/foo/", "/foo/", true),
  one("/aaa/bb", "/aaa/bbb", false),
  one("/aaa/bbb", "/aaa/bbb", true),
  one("/aaa/bbb/", "/aaa/bbb", true),
  one("/aaa/bbb", "/aaa/bbb/", true),
  one("/aaa/bbb", "/aaa/bbb/ccc", true),
  one("/aaa/bbb", "/aaa/bbbxyz", false),
  { paths: ["/", "/aaa"], request: "/aaa/ccc", taken: "/aaa" },
  { paths: ["/", "/aaa", "/aaa/bbb"], request: "/aaa/bbb", taken: "/aaa/bbb" },
  { paths: ["/", "/aaa", "/aaa/bbb"], request: "/ccc", taken: "/" },
  one("/aaa", "/ccc", false),
  { paths: ["/foo", "=/foo"], request: "/foo", taken: "=/foo" },
];

/** The path that takes a request: an exact one, else the prefix of the most elements. */
export function takenBy(paths: readonly string[], request: string): string | undefined {
  const exact = paths.find((path) => path === `=${request}`);
  if (exact !== undefined) return exact;
  const elements = elementsOf(request);
  let best: string | undefined;
  for (const path of paths.filter((path) => !path.startsWith("="))) {
    const wanted = elementsOf(path);
    const matches = wanted.every((element, i) => elements[i] === element);
    if (matches && (best === undefined || wanted.length > elementsOf(best).length)) best = path;
  }
  return best;
}

/** A slash at the end makes no element. */
function elementsOf(path: string): string[] {
  const elements = path.slice(1).split("/");
  if (elements.at(-1) === "") elements.pop();
  return elements;
}

/** Different paths of few letters, so that they are often beginnings of each other; `below` as of a random source. */
export function randomPaths(below: (limit: number) => number, count: number): string[] {
  const paths = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const path = (below(3) === 0 ? "=" : "") + randomPath(below);
    // A prefix is the same with and without its last slash.
    paths.set(path.startsWith("=") ? path : path.replace(/\/$/, ""), path);
  }
  return [...paths.values()];
}

export function randomPath(below: (limit: number) => number): string {
  const elements = Array.from({ length: below(4) }, () => "ab".repeat(2).slice(0, 1 + below(3)));
  return `/${elements.join("/")}${elements.length > 0 && below(3) === 0 ? "/" : ""}`;
}
