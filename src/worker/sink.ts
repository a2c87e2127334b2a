import { open } from 'node:fs/promises';
import type { Item } from './api.ts';
import type { Vector } from './embed.ts';
import { call, Unanswered } from './http.ts';
import { isAddress } from './options.ts';
import { WorkerRefused } from './refused.ts';

export interface Sink {
  /** Resolves when all of them are kept for good: only then are they reported. */
  keep(vectors: readonly Kept[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface Kept {
  item: Item;
  vector: Vector;
}

/** The worker's own place for vectors does not take them: no fault of an item. */
class SinkRefused extends WorkerRefused {}

const CALL_MS = 60_000;
const ANSWER_BYTES = 2 ** 20;
const TRIES = 8;

/** Vectors as JSON lines, at the end of a file or posted to an address. */
export async function openSink(place: string): Promise<Sink> {
  return isAddress('--sink', place) ? toAddress(place) : toFile(place);
}

/** One item may come twice, where its report was lost: readers take the last line of an `item_id`. */
function linesOf(vectors: readonly Kept[]): string {
  return vectors
    .map(({ item, vector }) => {
      const { item_id, job_id, workspace_id, namespace_id, subject, embedding_model_id } = item;
      const line = { item_id, job_id, workspace_id, namespace_id, subject, embedding_model_id, vector };
      return `${JSON.stringify(line)}\n`;
    })
    .join('');
}

async function toFile(path: string): Promise<Sink> {
  const file = await open(path, 'a+').catch((error: NodeJS.ErrnoException) => {
    throw new SinkRefused(`cannot write to ${path} (${error.code})`);
  });
  let last = endTornLine();
  /** What a killed worker left unfinished stays a line of its own, which no reader takes for a vector. */
  async function endTornLine(): Promise<void> {
    const { size } = await file.stat();
    if (size === 0) return;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    if (bytesRead === 1 && buffer[0] !== 10) await file.write('\n');
  }
  await last.catch((error: NodeJS.ErrnoException) => {
    throw new SinkRefused(`cannot write to ${path} (${error.code})`);
  });
  return {
    keep(vectors) {
      const kept = last.then(async () => {
        await file.appendFile(linesOf(vectors));
        await file.datasync();
      });
      last = kept.catch(() => {});
      return kept.catch((error: NodeJS.ErrnoException) => {
        throw new SinkRefused(`cannot write to ${path} (${error.code})`);
      });
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

function toAddress(url: string): Sink {
  return {
    async keep(vectors, signal) {
      const headers = { 'Content-Type': 'application/x-ndjson' };
      const limits = { timeoutMs: CALL_MS, maxBytes: ANSWER_BYTES, tries: TRIES };
      try {
        await call({ url, method: 'POST', headers, body: linesOf(vectors), signal, ...limits });
      } catch (error) {
        throw error instanceof Unanswered ? new SinkRefused(`the address for vectors ${error.message}`) : error;
      }
    },
    async close() {},
  };
}
