import assert from "node:assert/strict";
import { histogramQuantile, histogramSince, longestOf, MetricsPage } from "./metrics.ts";

const PAGE = `# HELP a_seconds What a takes.
# TYPE a_seconds histogram
a_seconds_bucket{le="0.01",type="x"} 2
a_seconds_bucket{le="0.02",type="x"} 4
a_seconds_bucket{le="+Inf",type="x"} 4
a_seconds_sum{type="x"} 0.05
a_seconds_count{type="x"} 4
a_seconds_bucket{le="0.01",type="y"} 0
a_seconds_bucket{le="0.02",type="y"} 0
a_seconds_bucket{le="+Inf",type="y"} 1
a_seconds_sum{type="y"} 1
a_seconds_count{type="y"} 1
b 7
b_total{c="d e"} 1.5
`;

Deno.test("a sum is over the series of exactly that name", () => {
  const page = new MetricsPage(PAGE);
  assert.equal(page.sum("b"), 7);
  assert.equal(page.sum("b_total"), 1.5);
  assert.equal(page.sum("c"), undefined);
  assert.equal(page.histogram("b"), undefined);
});

Deno.test("the buckets of a histogram's series are added up", () => {
  assert.deepEqual(new MetricsPage(PAGE).histogram("a_seconds"), {
    count: 5,
    sum: 1.05,
    buckets: [{ limit: 0.01, total: 2 }, { limit: 0.02, total: 4 }, { limit: Infinity, total: 5 }],
  });
});

Deno.test("a quantile lies inside its bucket, and at the last limit where it is beyond", () => {
  const histogram = {
    count: 10,
    sum: 1,
    buckets: [{ limit: 10, total: 2 }, { limit: 20, total: 6 }, { limit: 30, total: 6 }, {
      limit: Infinity,
      total: 10,
    }],
  };
  assert.equal(histogramQuantile(histogram, 0.1), 5);
  assert.equal(histogramQuantile(histogram, 0.5), 17.5);
  assert.equal(histogramQuantile(histogram, 0.99), 30);
  assert.ok(Number.isNaN(histogramQuantile({ count: 0, sum: 0, buckets: [] }, 0.5)));
});

Deno.test("what was there before does not count", () => {
  const before = { count: 3, sum: 2, buckets: [{ limit: 1, total: 1 }, { limit: Infinity, total: 3 }] };
  const now = { count: 5, sum: 2.5, buckets: [{ limit: 1, total: 3 }, { limit: Infinity, total: 5 }] };
  assert.deepEqual(histogramSince(before, now), {
    count: 2,
    sum: 0.5,
    buckets: [{ limit: 1, total: 2 }, { limit: Infinity, total: 2 }],
  });
});

Deno.test("the longest is known by the limit of its bucket", () => {
  const buckets = [{ limit: 0.01, total: 2 }, { limit: 0.02, total: 3 }, { limit: Infinity, total: 3 }];
  assert.equal(longestOf({ count: 3, sum: 1, buckets }), 0.02);
  assert.equal(longestOf({ count: 0, sum: 0, buckets: [] }), undefined);
});
