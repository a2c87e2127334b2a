import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Doc } from '../../store/store.ts';
import { StartRefused } from '../../words/refused.ts';

/**
 * A backup is lines of JSON, compressed: a head, `["collection", document]` for each document, and an end with the number
 * of them and the SHA-256 of all lines before it, so that a file that was cut or changed is known before it is restored.
 */
export interface Head {
  switchyard: 'backup';
  format: 1;
  /** Of the program, and of the data as it stores them. */
  version: string;
  data: number;
  at: string;
}

export type Entry = [collection: string, doc: Doc];

export async function writeBackup(file: string, head: Head, entries: AsyncIterable<Entry>): Promise<number> {
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    const hash = createHash('sha256');
    const line = (value: unknown) => {
      const text = `${JSON.stringify(value)}\n`;
      hash.update(text);
      return text;
    };
    yield line(head);
    for await (const entry of entries) {
      count += 1;
      yield line(entry);
    }
    yield `${JSON.stringify({ count, sha256: hash.digest('hex') })}\n`;
  }
  await pipeline(Readable.from(lines()), createGzip(), createWriteStream(file, { mode: 0o600, flush: true }));
  return count;
}

/** The head, then each document; throws where the file is no whole backup. */
export async function* readBackup(
  file: string,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Head | Entry> {
  const refuse = (why: string) => new StartRefused(`restore: ${file} ${why}`);
  const hash = createHash('sha256');
  const source = createReadStream(file);
  source.on('data', (chunk) => onRead(chunk.length));
  const unzipped = createGunzip();
  const reader = createInterface({ input: unzipped, crlfDelay: Number.POSITIVE_INFINITY });
  for (const one of [unzipped, reader]) one.on('error', () => {});
  // What goes wrong below is thrown where the lines are read.
  const flowing = pipeline(source, unzipped).catch((error: Error) => unzipped.destroy(error));
  let last: string | null = null;
  let count = 0;
  try {
    for await (const line of reader) {
      if (last !== null) {
        hash.update(`${last}\n`);
        yield JSON.parse(last) as Head | Entry;
        count += 1;
      }
      last = line;
    }
    await flowing;
  } catch (error) {
    if (error instanceof StartRefused) throw error;
    throw refuse(`cannot be read: ${(error as Error).message}`);
  } finally {
    source.destroy();
  }
  const end = parsed(last);
  if (end?.sha256 !== hash.digest('hex') || end.count !== count - 1)
    throw refuse('is not a whole backup; nothing was restored');
}

function parsed(line: string | null): { count?: number; sha256?: string } | null {
  try {
    return JSON.parse(line ?? 'null');
  } catch {
    return null;
  }
}
