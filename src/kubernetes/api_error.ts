/** However long a server says to wait, it is asked again by then. */
const LONGEST_WAIT_MS = 60_000;

/** What an API server said instead of what was asked for (a `Status` object), or the status of an answer of someone before it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status. */
  readonly status: number;
  /** Kubernetes' word for it: `Conflict`, `AlreadyExists`, `Expired`; "" where it gave none. */
  readonly reason: string;
  /** How long to wait before the next try, in milliseconds, where the server said so. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** Of an answer that is no success. */
  static async of(response: Response): Promise<ApiError> {
    const text = await response.text().catch(() => "");
    const after = Number(response.headers.get("retry-after") ?? NaN);
    return ApiError.ofStatus(
      response.status,
      parsed(text),
      text,
      Number.isFinite(after) ? Math.min(after * 1000, LONGEST_WAIT_MS) : undefined,
    );
  }

  /** Of a `Status` object, such as a watch ends with. */
  static ofStatus(httpStatus: number, status: unknown, text = "", retryAfterMs?: number): ApiError {
    const { code = httpStatus, reason = "", message = text.slice(0, 300) } = (status ?? {}) as Partial<
      { code: number; reason: string; message: string }
    >;
    return new ApiError(code, reason, message || `HTTP status ${code}`, retryAfterMs);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True where what was asked for is not there. */
export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** True where somebody was faster, or the object is there already. */
export const isConflict = (error: unknown): boolean => error instanceof ApiError && error.status === 409;
