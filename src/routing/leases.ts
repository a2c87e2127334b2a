/** What open decisions hold, by the second in which their leases end. */
export type Leases<T> = Record<string, T>;

/** Of what has been looked through: the second before which none of it ends. */
const earliest = new WeakMap<object, number>();

function earliestOf(leases: Leases<unknown>): number {
  const known = earliest.get(leases);
  if (known !== undefined) return known;
  const first = Math.min(...Object.keys(leases).map(Number));
  earliest.set(leases, first);
  return first;
}

/**
 * Those that have not ended: the same ones where none has. There may be hundreds, and to walk names that are numbers is slow,
 * so that none are looked through that were found to end later.
 */
export function openOf<T>(leases: Leases<T>, nowMs: number): Leases<T> {
  if (earliestOf(leases) * 1000 > nowMs) return leases;
  return Object.fromEntries(Object.entries(leases).filter(([second]) => Number(second) * 1000 > nowMs));
}

/** A copy with one more, or with another in its place. */
export function withLease<T>(leases: Leases<T>, second: string, held: T): Leases<T> {
  const next = { ...leases, [second]: held };
  earliest.set(next, Math.min(earliestOf(leases), Number(second)));
  return next;
}

/** A copy without one. */
export function withoutLease<T>(leases: Leases<T>, second: string): Leases<T> {
  const { [second]: _, ...next } = leases;
  // What is left ends no earlier.
  earliest.set(next, earliestOf(leases));
  return next;
}
