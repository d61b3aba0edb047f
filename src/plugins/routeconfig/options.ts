import { shape } from "../../api/mod.ts";

export const routeConfigurationOptions = {
  maxDirectResponseBodySizeBytes: shape.uint32Value({
    doc: "Longest body of a direct response, in bytes. Default 4096.",
  }),
  mostSpecificHeaderMutationsWins: shape.boolValue({
    doc: "The virtual host's header changes run before the route's, so that the route's win. Default false.",
  }),
};
