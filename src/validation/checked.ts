import { type Issue, invalid } from '../words/errors.ts';

declare const checked: unique symbol;

/** A value that its schema and its own rules have nothing against. `passed` alone makes one, so that none is walked twice. */
export type Checked<T> = T & { readonly [checked]: true };

/** The value, or VALIDATION_FAILED with all that was found. */
export function passed<T>(value: T, issues: Issue[]): Checked<T> {
  if (issues.length > 0) throw invalid(issues);
  return value as Checked<T>;
}
