/** What the API server was asked, as it notes it itself. https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/ */
import { join } from "node:path";

/** One request that was answered. */
export interface Asked {
  readonly verb: string;
  /** "" is the core group; undefined where no resource was asked for, as with `/version`. */
  readonly group?: string;
  /** With its subresource: `upstreams/status`. */
  readonly resource: string;
  /** "" where it has none, or all were asked for. */
  readonly namespace: string;
  readonly name: string;
  /** HTTP status. */
  readonly code: number;
}

interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** The audit log about one user. */
export class AuditLog {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** In a folder of its own. The API server writes an entry before it answers; of a watch, when it begins. */
  static async make(user: string): Promise<AuditLog> {
    const log = new AuditLog(await Deno.makeTempDir({ prefix: "sluice_audit_" }));
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [{ level: "Metadata", users: [user] }],
    };
    await Deno.writeTextFile(log.#policy, JSON.stringify(policy));
    return log;
  }

  /** For `KubeServer.start`. */
  get serverArgs(): string[] {
    return [
      `-apiserver-arg=--audit-policy-file=${this.#policy}`,
      `-apiserver-arg=--audit-log-path=${this.#file}`,
    ];
  }

  /** All that was asked, in the order of the answers. */
  async entries(): Promise<Asked[]> {
    const text = await Deno.readTextFile(this.#file).catch(() => "");
    const seen = new Set<string>();
    // The last line may be one that is being written.
    return text.split("\n").slice(0, -1).map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ auditID }) => !seen.has(auditID) && seen.add(auditID))
      .map(askedOf);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  get #policy(): string {
    return join(this.#folder, "policy.json");
  }

  get #file(): string {
    return join(this.#folder, "audit.log");
  }
}

function askedOf({ verb, requestURI, objectRef, responseStatus }: AuditEvent): Asked {
  const code = responseStatus?.code ?? 0;
  if (!objectRef?.resource) return { verb, resource: requestURI.split("?")[0]!, namespace: "", name: "", code };
  const { apiGroup = "", resource, subresource, namespace = "", name = "" } = objectRef;
  return {
    verb,
    group: apiGroup,
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace,
    name,
    code,
  };
}

/** As people write it: `get coordination.k8s.io/leases`. */
export function textOf({ verb, group, resource }: Pick<Asked, "verb" | "group" | "resource">): string {
  return `${verb} ${group ? `${group}/` : ""}${resource}`;
}
