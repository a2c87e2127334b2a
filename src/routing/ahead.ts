/** By more than this the clocks of the machines that serve one store do not differ. */
const APART_MAX_MS = 600_000;

/** Whether a moment that was written as past lies so far ahead that the clock must have been set back since. */
export function isFarAhead(writtenMs: number, nowMs: number): boolean {
  return writtenMs > nowMs + APART_MAX_MS;
}
