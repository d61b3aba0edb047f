import assert from "node:assert/strict";
import { Random } from "../../tests/incremental/random.ts";
import type { ProxyRoute } from "../api/mod.ts";
import { hostsOf, ingress, rule, service, translate } from "./fixtures_test.ts";
import { PATH_EXAMPLES, randomPath, randomPaths, takenBy } from "./test_path_table.ts";

/** The path that takes a request by the matchers of the Proxy, which stand for Envoy's meaning of them. */
function takenInProxy(paths: readonly string[], request: string): string | undefined {
  const services = paths.map((_, i) => service(`s-${i}`));
  const rules = paths.map((path, i) => rule("a.test", [path], `s-${i}`));
  const translation = translate([...services, ingress("a", { rules })]);
  assert.deepEqual(translation.reports, []);
  const route = hostsOf(translation)[0]?.routes?.find((route) => matches(route, request));
  const name = route?.routeAction?.single?.kube?.ref?.name;
  return name === undefined ? undefined : paths[Number(name.slice(2))];
}

function matches({ matchers = [] }: ProxyRoute, path: string): boolean {
  const [{ exact, prefix, pathSeparatedPrefix } = {}] = matchers;
  if (exact !== undefined) return path === exact;
  if (pathSeparatedPrefix !== undefined) {
    return path === pathSeparatedPrefix || path.startsWith(`${pathSeparatedPrefix}/`);
  }
  return path.startsWith(prefix!);
}

Deno.test("Kubernetes' examples of path types", () => {
  for (const { paths, request, taken } of PATH_EXAMPLES) {
    assert.equal(takenBy(paths, request), taken, `the reference: ${paths} ${request}`);
    assert.equal(takenInProxy(paths, request), taken, `${paths} ${request}`);
  }
});

Deno.test("any paths and requests: the Proxy takes them as a reading by elements does", () => {
  const random = new Random(20);
  const below = (limit: number) => random.below(limit);
  let taken = 0;
  for (let i = 0; i < 300; i++) {
    const paths = randomPaths(below, 5);
    for (let j = 0; j < 10; j++) {
      const request = randomPath(below);
      const wanted = takenBy(paths, request);
      if (wanted !== undefined) taken++;
      assert.equal(takenInProxy(paths, request), wanted, `${paths} ${request}`);
    }
  }
  assert.ok(taken > 500 && taken < 2900, `both happen: ${taken}`);
});
