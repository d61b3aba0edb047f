/** Which roles a client may have: by a name in its certificate, listed or told. `*` as a role means any. */
export type ClientRoles = Readonly<Record<string, readonly string[]>> | ((name: string) => readonly string[]);

/** What was decided about a client. */
export type Access =
  | { readonly allowed: true; readonly certificate: string | undefined }
  | { readonly allowed: false; readonly reason: string };

/**
 * Whether a client may read a role. Without `roles` (a loopback address, a unix socket, or insecure by the user's word)
 * anybody may read anything; else the role must belong to a name in the client's certificate.
 */
export function accessTo(role: string, names: readonly string[], roles: ClientRoles | undefined): Access {
  if (roles === undefined) return { allowed: true, certificate: names[0] };
  const certificate = names.find((name) => {
    const allowed = typeof roles === "function" ? roles(name) : Object.hasOwn(roles, name) ? roles[name]! : [];
    return allowed.includes(role) || allowed.includes("*");
  });
  if (certificate !== undefined) return { allowed: true, certificate };
  const who = names.length === 0 ? "a client without a certificate" : `the certificate of ${names.join(", ")}`;
  return { allowed: false, reason: `${who} does not give access to role ${JSON.stringify(role)}` };
}
