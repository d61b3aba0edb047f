import { shape } from "../../api/mod.ts";

export const circuitBreakers = shape.message({
  maxConnections: shape.uint32Value({ doc: "Default 1024." }),
  maxPendingRequests: shape.uint32Value({ doc: "Default 1024." }),
  maxRequests: shape.uint32Value({ doc: "Requests at one time. Default 1024." }),
  maxRetries: shape.uint32Value({ doc: "Retries at one time. Default 3." }),
  trackRemaining: shape.bool({ doc: "Publish how much is left of each limit as statistics." }),
});
export type CircuitBreakers = shape.Infer<typeof circuitBreakers>;
