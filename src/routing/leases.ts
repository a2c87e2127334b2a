/**
 * What open decisions hold, by the second in which their leases end: one list of numbers, in the order of the seconds. Behind each
 * second stands what is held until then, how many decisions hold it at last. There may be hundreds, which every decision
 * looks through and copies: by names that are numbers that took some hundred times as long.
 */
export type Leases = readonly number[];

/** As releases up to 0.1.0 stored them: by the second, a count alone or what stands behind the second. */
type ByName = Readonly<Record<string, number | readonly number[]>>;
export type StoredLeases = Leases | ByName;

function isList(stored: StoredLeases): stored is Leases {
  return Array.isArray(stored);
}

function listed(stored: ByName): Leases {
  const inOrder = Object.entries(stored).sort(([one], [other]) => Number(one) - Number(other));
  return inOrder.flatMap(([second, held]) => [Number(second), held].flat());
}

/** Those that have not ended, `width` numbers each: the same list where none has. */
export function openOf(stored: StoredLeases, width: number, nowMs: number): Leases {
  const leases = isList(stored) ? stored : listed(stored);
  let from = 0;
  while ((leases[from] ?? Number.POSITIVE_INFINITY) * 1000 <= nowMs) from += width;
  return from === 0 ? leases : leases.slice(from);
}

/** A copy in which more is held until a second, or less; what no decision holds any more is gone, and stays so. */
export function withMore(leases: Leases, second: number, by: readonly number[]): Leases {
  const width = by.length + 1;
  let behind = leases.length;
  while (behind > 0 && (leases[behind - width] ?? 0) > second) behind -= width;
  const isThere = behind > 0 && leases[behind - width] === second;
  const at = isThere ? behind - width : behind;
  const held = by.map((more, index) => (isThere ? (leases[at + index + 1] ?? 0) : 0) + more);
  const next = [...leases];
  next.splice(at, behind - at, ...((held.at(-1) ?? 0) > 0 ? [second, ...held] : []));
  return next;
}

/** What all of them hold of what stands at one place behind the second. */
export function totalOf(leases: Leases, width: number, place: number): number {
  let total = 0;
  for (let at = place; at < leases.length; at += width) total += leases[at] ?? 0;
  return total;
}
