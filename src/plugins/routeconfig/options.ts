import { shape } from "../../api/mod.ts";

export const routeConfigurationOptions = {
  maxDirectResponseBodySizeBytes: shape.uint32Value({
    doc: "Longest body of a direct response, in bytes. Default 4096.",
  }),
  ignorePortInHostMatching: shape.boolValue({
    doc: "Sluice's addition. A Host with a port matches domains as if it had none. Default false.",
  }),
  mostSpecificHeaderMutationsWins: shape.boolValue({
    doc: "The virtual host's header changes run before the route's, so that the route's win. Default false.",
  }),
};
