/** What an account may do, asked of the API server as it decides itself: by SubjectAccessReviews. */
import type { KubeServer } from "./kube_server.ts";

interface Resource {
  readonly group: string;
  readonly name: string;
  readonly namespaced: boolean;
}

/** What RBAC's verbs are for resources. */
const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] as const;

/** How many questions are under way at a time. */
const AT_ONCE = 32;

/** Answers about one account. Verbs are in alphabetical order, with spaces between. */
export interface Rights {
  /**
   * Of all resources those that the account may do something with. A namespace of "" means all of them at once, and what
   * has none.
   */
  all(namespace: string): Promise<Record<string, string>>;
  /** With one object of this name; "" where there is nothing. */
  of(namespace: string, group: string, resource: string, name: string): Promise<string>;
}

/** Asks for the account alone, without the groups that every account is in: those are the cluster's affair. */
export function rightsOf(server: KubeServer, resources: readonly Resource[], user: string): Rights {
  const allowed = async (resourceAttributes: object): Promise<boolean> => {
    const { status } = await server.request<{ status: { allowed: boolean } }>(
      "POST",
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user, resourceAttributes },
      },
    );
    return status.allowed;
  };
  const verbsOf = async (attributes: object): Promise<string> => {
    const answers = await Promise.all(VERBS.map((verb) => allowed({ ...attributes, verb })));
    return VERBS.filter((_, index) => answers[index]).join(" ");
  };
  return {
    async all(namespace) {
      const found: [string, string][] = [];
      const waiting = resources.filter(({ namespaced }) => namespaced || namespace === "");
      const work = async (): Promise<void> => {
        for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
          const [resource, subresource = ""] = one.name.split("/");
          const verbs = await verbsOf({ namespace, group: one.group, resource, subresource });
          if (verbs !== "") found.push([one.group === "" ? one.name : `${one.group}/${one.name}`, verbs]);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE / VERBS.length }, work));
      return Object.fromEntries(found);
    },
    of: (namespace, group, resource, name) => verbsOf({ namespace, group, resource, name }),
  };
}
