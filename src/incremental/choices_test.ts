import assert from "node:assert/strict";
import { type Change, isSelected, type Resource, type Selection } from "../api/mod.ts";
import { Choices } from "./choices.ts";

const SELECTIONS: readonly Selection[] = [
  {},
  { namespaces: [] },
  { namespaces: ["a"] },
  { namespaces: ["a", "b"] },
  { labels: {} },
  { labels: { app: "x" } },
  { labels: { app: "x", tier: "1" } },
  { labels: { tier: "1", app: "x" }, namespaces: ["b"] },
  { labels: { app: "y" }, namespaces: ["a"] },
  { labels: { a: "" } },
  { expressions: [{ key: "app", operator: "Exists" }] },
  { expressions: [{ key: "app", operator: "DoesNotExist" }], namespaces: ["b"] },
];
const LABELS: readonly (Record<string, string> | undefined)[] = [
  undefined,
  {},
  { app: "x" },
  { app: "y", tier: "1" },
  { app: "x", tier: "1" },
  { a: "" },
];

const resource = (namespace: string, labels: Record<string, string> | undefined): Resource => ({
  kind: "Artifact",
  metadata: { namespace, name: "one", ...(labels && { labels }) },
  spec: {},
});
const resources = ["a", "b", "c"].flatMap((namespace) => LABELS.map((labels) => resource(namespace, labels)));
const changes: readonly Change[] = [
  ...resources.flatMap((one): Change[] => [{ before: one }, { after: one }]),
  ...resources.flatMap((before) => resources.map((after) => ({ before, after }))),
];

/** What is found is what isSelected says of each. */
function check(choices: Choices<{ readonly selection: Selection }>, all: readonly { selection: Selection }[]): void {
  for (const change of changes) {
    const isIn = (one: Resource | undefined, selection: Selection) => one !== undefined && isSelected(one, selection);
    const expected = all.filter(({ selection }) => isIn(change.before, selection) || isIn(change.after, selection));
    assert.deepEqual(new Set(choices.concernedBy(change)), new Set(expected), JSON.stringify(change));
  }
}

Deno.test("a changed resource leads to the selections that it is in, or was in, and to no others", () => {
  const choices = new Choices<{ readonly selection: Selection }>();
  const all = SELECTIONS.map((selection) => ({ selection }));
  all.forEach((choice) => choices.add(choice));
  check(choices, all);
  const [kept, dropped] = [all.filter((_, i) => i % 2 === 0), all.filter((_, i) => i % 2 === 1)];
  dropped.forEach((choice) => choices.delete(choice));
  check(choices, kept);
});
