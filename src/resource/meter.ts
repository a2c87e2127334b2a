/** Hears of what happens, for whoever measures; `Deps` has none where nothing is measured. */
export interface Meter {
  /** A decision was made: `code` says why it was refused, and is null where it was not. */
  decided(code: string | null): void;
  /** A decision's outcome was reported: `success`, or what went wrong. */
  reported(result: string): void;
  /** A stream was opened (1) or has ended (-1). */
  streaming(change: 1 | -1): void;
  /** A webhook was called: how that ended. */
  delivered(result: string): void;
}
