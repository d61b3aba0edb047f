/** The protocol of a service manager: sd_notify(3), its watchdog, and the priorities of its journal. */
export { ERROR_PRIORITY, isJournal } from "./journal.ts";
export { Notices, type NoticesOptions } from "./notices.ts";
export { NotifySocket } from "./notify_socket.ts";
export { watchdogMs } from "./watchdog.ts";
