/** Where in which trace something is done, as it is handed on: `traceparent`, and `tracestate` where there is one. */
export type Trace = Readonly<Record<string, string>>;

/** A call of somebody outside, as a part of a trace. */
export interface TracedCall {
  /** What is handed on with it. */
  readonly headers: Trace;
  /** The status of the answer where it is known; `error` says why it failed, null that it did not. */
  ended(status: number | null, error: string | null): void;
}

/** Begins calls of others; `Deps` has none where nothing is traced. */
export interface Tracer {
  /** Below the request that it comes from, where that was traced; else in a trace of its own. */
  call(name: string, method: string, cause: { trace: Trace | null; requestId: string | null }): TracedCall;
}
