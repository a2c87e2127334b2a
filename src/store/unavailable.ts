/** The engine cannot answer now. A write that failed with `maybe` may have happened. */
export class StoreUnavailable extends Error {
  readonly retryAfterSeconds: number;
  readonly maybe: boolean;
  constructor(message: string, options: { retryAfterSeconds?: number; maybe?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1;
    this.maybe = options.maybe ?? false;
  }
}
