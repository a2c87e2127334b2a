/** A call of somebody outside, as a part of a trace. */
export interface TracedCall {
  /** What is handed on with it: `traceparent`, and `tracestate` where there is one. */
  readonly headers: Readonly<Record<string, string>>;
  /** The status of the answer where it is known; `error` says why it failed, null that it did not. */
  ended(status: number | null, error: string | null): void;
}

/** Begins calls of others; `Deps` has none where nothing is traced. */
export interface Tracer {
  /** Below the request that it comes from, as long as this process remembers that; else in a trace of its own. */
  call(name: string, method: string, cause: { orgId: string; requestId: string | null }): TracedCall;
}
