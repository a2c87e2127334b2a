const FIRST_MS = 100;
const MOST_MS = 10_000;
/** Who has lived as long dies for a reason of its own. */
const LIVED_MS = 10_000;

/** How long to wait before a worker is started again: not at all, unless it dies again and again. */
export function createBackOff(): (livedMs: number) => number {
  let next = 0;
  return (livedMs) => {
    if (livedMs >= LIVED_MS) next = 0;
    const wait = next;
    next = Math.min(MOST_MS, Math.max(FIRST_MS, next * 2));
    return wait;
  };
}
