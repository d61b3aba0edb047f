/** What printed Roles grant, one verb on one resource at a time, and which of it requests need. */
import { type Asked, textOf } from "./audit_log.ts";
import type { KubeObject } from "./kube_objects.ts";

/** One verb on one resource, by one role. */
interface Granted extends Pick<Asked, "verb" | "resource"> {
  readonly group: string;
  /** Of the role; undefined in all. */
  readonly namespace: string | undefined;
  /** Where it is about one object alone. */
  readonly name: string | undefined;
  /** For people, and the same in each namespace that is read: `read: list core/secrets`. */
  readonly label: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** What roles among these objects grant. The Role that is named as the account is about its own namespace. */
export function grantedBy(objects: readonly KubeObject[]): Granted[] {
  const roles = objects.filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
  return roles.flatMap(({ kind, metadata, rules }) => {
    const namespace = kind === "Role" ? metadata.namespace : undefined;
    const where = kind === "Role" && metadata.name === "sluice" ? "own" : "read";
    return (rules as readonly Rule[]).flatMap((rule) => {
      const names = rule.resourceNames ?? [undefined];
      return rule.apiGroups.flatMap((group) =>
        rule.resources.flatMap((resource) =>
          rule.verbs.flatMap((verb) =>
            names.map((name): Granted => {
              const label = `${where}: ${textOf({ verb, group, resource })}${name ? ` ${name}` : ""}`;
              return { verb, group, resource, namespace, name, label };
            })
          )
        )
      );
    });
  });
}

/** What requests came to. All in alphabetical order, each once. */
export interface Use {
  /** Granted, and no request would fail without it. */
  readonly unused: readonly string[];
  /** Asked for, and granted by no role. What every account may do, as to ask for the version, is not among it. */
  readonly ungranted: readonly string[];
}

/** Of what is granted, what is needed: a request needs what alone allows it. */
export function useOf(granted: readonly Granted[], asked: readonly Asked[]): Use {
  const needed = new Set<string>();
  const ungranted = new Set<string>();
  for (const one of asked.filter(({ group }) => group !== undefined)) {
    // Server-side apply that makes an object has to be allowed both.
    const verbs = one.verb === "patch" && one.code === 201 ? ["patch", "create"] : [one.verb];
    for (const verb of verbs) {
      const labels = new Set(granted.filter((grant) => allows(grant, { ...one, verb })).map(({ label }) => label));
      if (labels.size === 0) ungranted.add(textOf({ ...one, verb }));
      if (labels.size === 1) needed.add([...labels][0]!);
    }
  }
  const unused = new Set(granted.map(({ label }) => label).filter((label) => !needed.has(label)));
  return { unused: [...unused].sort(), ungranted: [...ungranted].sort() };
}

function allows(granted: Granted, { verb, group, resource, namespace, name }: Asked): boolean {
  return granted.verb === verb && granted.group === group && granted.resource === resource &&
    (granted.namespace === undefined || granted.namespace === namespace) &&
    (granted.name === undefined || granted.name === name);
}
