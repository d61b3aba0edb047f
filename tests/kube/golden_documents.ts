/** The documents of all golden cases that have a CRD. */
import { apiVersionOf, KINDS } from "../../src/api/mod.ts";
import { splitDocuments } from "../../src/watchers/mod.ts";
import { findCases } from "../golden/find_cases.ts";
import { valueOf } from "../golden/run_case.ts";
import type { KubeObject } from "./crds.ts";

/** Each with the case that it is from. Those without a namespace are put into `gloo-system`. */
export function goldenDocuments(): { readonly from: string; readonly object: KubeObject }[] {
  return findCases().flatMap(({ name, folder }) =>
    splitDocuments(Deno.readTextFileSync(new URL("input.yaml", folder)))
      .map(({ text }) => valueOf(text))
      .filter(isObject)
      .map((object) => ({
        from: name,
        object: { ...object, metadata: { namespace: "gloo-system", ...object.metadata } },
      }))
  );
}

function isObject(value: unknown): value is KubeObject {
  const { kind, apiVersion, metadata } = (value ?? {}) as Partial<KubeObject>;
  return kind !== undefined && Object.hasOwn(KINDS, kind) && KINDS[kind].crd && apiVersion === apiVersionOf(kind) &&
    metadata?.name !== undefined;
}
