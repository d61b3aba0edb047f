/**
 * Keeps what a control plane sends to an Envoy, for the floor server. Started by the bench as
 * `capture_client.ts ADDRESS sotw|delta ROLE FOLDER SIZE`; says `captured` when all of a
 * configuration of that size was sent.
 */
import { EDIT_MARKER, upstreamCount } from "./configuration.ts";
import { Capture, saveCapture } from "./xds/capture.ts";
import { LightClient } from "./xds/light_client.ts";
import { TYPE_URL, type XdsForm } from "./xds/wire.ts";

const [address, form, role, folder, size] = Deno.args as [string, XdsForm, string, string, string];
const capture = new Capture(form);

new LightClient({
  ...{ address, form, role, nodeId: "capture" },
  onResponse: (typeUrl, response) => {
    capture.add(typeUrl, response);
    if (!complete()) return;
    saveCapture(folder, capture.types());
    console.log("captured");
  },
  onEnd: (why) => {
    console.error(`capture: ${why}`);
    Deno.exit(1);
  },
});

/** Routes may come before all clusters are: those of a state of the world then come again. */
function complete(): boolean {
  const upstreams = upstreamCount(Number(size));
  const routes = capture.occurrences(TYPE_URL.route, EDIT_MARKER) +
    capture.occurrences(TYPE_URL.virtualHost, EDIT_MARKER);
  return routes >= Number(size) && capture.count(TYPE_URL.cluster) >= upstreams &&
    (capture.count(TYPE_URL.endpoint) >= upstreams || capture.count(TYPE_URL.endpoint) === 0);
}
