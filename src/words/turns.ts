/** Rows that one request reads and completes before others get their turn of the event loop. */
const ROWS_PER_TURN = 250;

export interface Turns {
  /** Null when the rows fit into this turn of the event loop, else a promise of the turn that has room for them. */
  take(rows: number): Promise<void> | null;
}

/**
 * Shares the event loop: a request that reads thousands of rows does so a few hundred at a time, in the order asked,
 * and whoever else waits is served in between. Small requests never wait.
 */
export function createTurns(): Turns {
  let left = ROWS_PER_TURN;
  let waiting: { rows: number; go: () => void }[] = [];
  let armed = false;
  const arm = () => {
    if (armed) return;
    armed = true;
    setImmediate(next);
  };
  const next = () => {
    armed = false;
    left = ROWS_PER_TURN;
    let at = 0;
    for (; at < waiting.length && left > 0; at += 1) {
      left -= waiting[at]!.rows;
      waiting[at]!.go();
    }
    waiting = waiting.slice(at);
    if (left < ROWS_PER_TURN) arm();
  };
  return {
    take(rows) {
      arm();
      if (waiting.length > 0 || left <= 0) return new Promise((go) => void waiting.push({ rows, go }));
      left -= rows;
      return null;
    },
  };
}
