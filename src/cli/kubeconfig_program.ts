import type { ClusterCredentials } from "./cluster.ts";

/** Why the program that makes the credentials of a kubeconfig cannot be run; undefined where it can, or there is none. */
export function programFault({ program, path }: ClusterCredentials): string | undefined {
  if (program === undefined) return undefined;
  const { state } = Deno.permissions.querySync({ name: "run", command: program });
  if (state === "granted") return undefined;
  return `the kubeconfig ${path} gets its credentials from the program ${program}, which this Sluice may not run: ` +
    "give a user with token or tokenFile (kubectl create token …), or a client certificate; or run Sluice from source, " +
    `by deno run with --allow-run=${program}`;
}
