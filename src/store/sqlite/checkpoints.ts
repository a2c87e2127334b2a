import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Rows (about as many pages, some 16 MiB) after which the log is moved into the file: a page that many commits change
 * is moved once. More brought nothing further.
 */
const ROWS = 5_000;
/** Pages of the log after which whoever commits moves it: where the thread cannot, or nobody counted. */
export const LOG_PAGES_MAX = 16_000;

/**
 * Has the log moved into the file by a thread: within a commit, where SQLite does it by itself, everybody would wait for
 * tens of milliseconds. What fails here is left to `LOG_PAGES_MAX`.
 */
export class Checkpoints {
  readonly #file: string;
  #worker: Worker | null = null;
  #isMoving = false;
  /** Of all rows, those that are moved or soon will be. */
  #moved = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** So many rows were written so far. Never throws: they are stored. */
  wrote(rows: number): void {
    if (rows - this.#moved < ROWS || this.#isMoving) return;
    this.#moved = rows;
    try {
      this.#worker ??= this.#start();
      this.#isMoving = true;
      this.#worker.postMessage(true);
    } catch {}
  }

  /** Its connection is closed: the last one to close moves what is left, and takes the log away. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    worker.ref();
    await new Promise((resolve) => {
      worker.once('exit', resolve);
      worker.postMessage(false);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./checkpoint-worker.js', import.meta.url), {
      workerData: pathToFileURL(this.#file).href,
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
    });
    worker.unref();
    worker.on('message', () => {
      this.#isMoving = false;
    });
    worker.on('error', () => {});
    worker.on('exit', () => {
      this.#worker = null;
      this.#isMoving = false;
    });
    return worker;
  }
}
