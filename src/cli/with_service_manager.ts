import type { Terminal } from "./command.ts";
import type { ServiceSide } from "./serve/service_side.ts";

/** What tells the service manager, where one started Sluice and wants to know. */
export async function serviceSide(terminal: Terminal): Promise<ServiceSide | undefined> {
  const address = terminal.env("NOTIFY_SOCKET");
  if (!address) return undefined;
  const { ServiceSide } = await import("./serve/service_side.ts");
  return new ServiceSide(address, terminal);
}
