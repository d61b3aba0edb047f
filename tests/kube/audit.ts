/** What the API server was asked, by its own audit log. */
import { join } from "node:path";

/** One request, as far as tests ask for it (audit.k8s.io/v1, level Metadata). */
export interface Asked {
  readonly user: string;
  readonly userAgent: string;
  /** `list`, `watch`, `patch` … */
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

interface AuditEvent {
  readonly verb: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
}

/** Each request once, when it is taken: a watch when it begins. */
const POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["ResponseStarted", "ResponseComplete", "Panic"],
  rules: [{ level: "Metadata" }],
};

/** A folder with the policy and the log. */
export class AuditLog {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<AuditLog> {
    const folder = await Deno.makeTempDir({ prefix: "sluice_audit_" });
    await Deno.writeTextFile(join(folder, "policy.json"), JSON.stringify(POLICY));
    return new AuditLog(folder);
  }

  /** Arguments of the API server that is to keep this log. */
  get args(): string[] {
    return [`policy-file=${join(this.#folder, "policy.json")}`, `log-path=${this.#log}`]
      .map((flag) => `-apiserver-arg=--audit-${flag}`);
  }

  /** Sluice's requests for a kind until now, in their order. */
  async ofSluice(resource: string): Promise<Asked[]> {
    const text = await Deno.readTextFile(this.#log);
    // The last line may be half written.
    const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "");
    return lines.map((line) => asked(JSON.parse(line) as AuditEvent))
      .filter((one) => one.userAgent.startsWith("sluice/") && one.resource === resource);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  get #log(): string {
    return join(this.#folder, "audit.log");
  }
}

function asked({ verb, user, userAgent = "", objectRef = {} }: AuditEvent): Asked {
  const { resource = "", namespace = "", name = "" } = objectRef;
  return { user: user.username, userAgent, verb, resource, namespace, name };
}
