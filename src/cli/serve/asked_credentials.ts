import type { Credentials, CredentialsSource } from "../../kubernetes/mod.ts";
import type { Clock } from "../../telemetry/mod.ts";

/** How long credentials are believed before main is asked again, in milliseconds. It costs a message. */
const FRESH_MS = 15_000;

/** Asks main for credentials. `renew`: those that it gave before were refused. */
export type AskMain = (renew: boolean) => Promise<Credentials>;

/** The credentials of a kubeconfig: main has them, as the Worker may neither read it nor run what it names. */
export function askedCredentials(ask: AskMain, clock: Clock): CredentialsSource {
  let known: { readonly asked: Promise<Credentials>; readonly at: number; given?: Credentials } | undefined;
  let renew = false;
  return {
    current() {
      if (known && clock.elapsed() - known.at < FRESH_MS) return known.asked;
      const own: typeof known = known = { asked: ask(renew), at: clock.elapsed() };
      renew = false;
      own.asked.then((given) => own.given = given, () => {
        if (known === own) known = undefined;
      });
      return own.asked;
    },
    renew(refused) {
      if (known?.given !== refused) return;
      known = undefined;
      renew = true;
    },
  };
}
