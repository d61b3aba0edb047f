import assert from "node:assert/strict";
import { byLocality } from "./localities.ts";

type Endpoint = Parameters<typeof byLocality>[0][number];
const endpoint = (host: string, locality?: Endpoint["locality"], weight?: number): Endpoint => ({
  address: { host, port: 80 },
  ...(locality && { locality }),
  ...(weight && { weight }),
});
const grouped = (...list: Endpoint[]) =>
  byLocality(list, ({ address }) => ({ endpointName: "host" in address ? address.host : "" }))
    .map(({ locality, lbEndpoints, loadBalancingWeight: weight }) => [
      [locality?.zone ?? "", locality?.subZone ?? ""].join("/"),
      lbEndpoints!.map(({ endpointName }) => endpointName).join(),
      weight?.value,
    ]);

Deno.test("without localities there is one group, without a weight", () => {
  assert.deepEqual(grouped(endpoint("a"), endpoint("b", undefined, 3)), [["/", "a,b", undefined]]);
  assert.deepEqual(grouped(), []);
});

Deno.test("a locality weighs as much as its endpoints; those without one are a group of their own, the first", () => {
  const [one, two] = [{ zone: "b" }, { zone: "a", subZone: "n2" }];
  const list = [
    endpoint("1", one),
    endpoint("2", two),
    endpoint("3", one, 4),
    endpoint("4"),
    endpoint("5", { zone: "a" }),
  ];
  assert.deepEqual(grouped(...list), [["/", "4", 1], ["a/", "5", 1], ["a/n2", "2", 1], ["b/", "1,3", 5]]);
});
