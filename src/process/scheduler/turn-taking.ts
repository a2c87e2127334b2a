/** What waits in one lane, first what is taken first, and how much of that lane is held already. */
export interface Queue<T> {
  held: number;
  waiting: readonly T[];
}

/** All that waits, so that whoever takes from the front levels what the lanes hold; equals in the order of the lanes. */
export function inTurn<T>(queues: readonly Queue<T>[]): T[] {
  return queues
    .flatMap(({ held, waiting }, lane) => waiting.map((one, at) => ({ one, rank: held + at, lane })))
    .sort((a, b) => a.rank - b.rank || a.lane - b.lane)
    .map(({ one }) => one);
}
