// Moves the log of one database into its file each time it is told to (true), and ends when told to (false).
// Not TypeScript: a thread would load a compiler of 17 MiB for this file alone.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * The log begins anew with the first write that finds all of it moved. Who writes all the time leaves a rest, which is
 * moved at once, as often as it takes.
 */
const PASSES_MAX = 50;
const PAUSE_MS = 1;
const IDLE_MS = 10_000;

// It has to be there: a file that was moved away is not made anew.
const db = new DatabaseSync(new URL(`${workerData}?mode=rw`), { timeout: 0 });
db.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -64');
const pass = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
const never = new Int32Array(new SharedArrayBuffer(4));

function move() {
  let moved = -1;
  for (let passes = 0; passes < PASSES_MAX; passes += 1) {
    const { busy, log } = pass.get() ?? {};
    if (busy || log < moved) return;
    moved = log;
    Atomics.wait(never, 0, 0, PAUSE_MS);
  }
}

const idle = setTimeout(end, IDLE_MS);
parentPort?.on('message', (goesOn) => {
  if (!goesOn) return end();
  move();
  parentPort?.postMessage(null);
  idle.refresh();
});

function end() {
  clearTimeout(idle);
  db.close();
  parentPort?.close();
}
