import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from './account.ts';
import type { Item } from './api.ts';
import { call, Unanswered } from './http.ts';
import { isAddress } from './options.ts';
import { WorkerRefused } from './refused.ts';

export type Texts = (item: Item, signal: AbortSignal) => Promise<string>;

/** Longer than any model takes. */
const TEXT_BYTES = 2 ** 20;
const CALL_MS = 30_000;
const TRIES = 3;

/** Where the texts of threads and sources are; without a place the id itself is the text, to try a worker out. */
export async function openTexts(place: string | null): Promise<Texts> {
  const read = place === null ? idItself : isAddress('--texts', place) ? fromAddress(place) : await fromFolder(place);
  return async (item, signal) => {
    const text = await read(item, signal);
    if (text.trim() === '') throw new Failure('its text is empty');
    return text;
  };
}

const idItself: Texts = async ({ subject }) => subject.id;

/** `ADDRESS/thread/ID`, or wherever `{type}`, `{id}` and `{namespace_id}` stand in the address. */
function fromAddress(place: string): Texts {
  const pattern = place.includes('{id}') ? place : `${place.replace(/\/+$/, '')}/{type}/{id}`;
  return async (item, signal) => {
    const words: Record<string, string> = { ...item.subject, namespace_id: item.namespace_id };
    const url = pattern.replaceAll(/\{(type|id|namespace_id)\}/g, (_, word: string) => nameOf(words[word] ?? ''));
    try {
      return await call({ url, signal, timeoutMs: CALL_MS, maxBytes: TEXT_BYTES, tries: TRIES });
    } catch (error) {
      throw error instanceof Unanswered ? new Failure(`the address of its text ${error.message}`) : error;
    }
  };
}

/** `FOLDER/thread/ID.txt` or `FOLDER/ID.txt`, the id percent-encoded: it may hold anything, and leads nowhere else. Without the folder every item would fail for good. */
async function fromFolder(folder: string): Promise<Texts> {
  const there = await stat(folder).catch(() => null);
  if (!there?.isDirectory()) throw new WorkerRefused(`--texts: there is no folder ${folder}`);
  return async ({ subject: { type, id } }) => {
    const file = `${nameOf(id)}.txt`;
    const text = (await contentOf(join(folder, type, file))) ?? (await contentOf(join(folder, file)));
    if (text === null) throw new Failure(`there is no text for it: neither ${type}/${file} nor ${file}`);
    return text;
  };
}

/** Dots too, of which a path could be made. */
function nameOf(id: string): string {
  try {
    return encodeURIComponent(id).replaceAll(/^\.+/g, (dots) => '%2E'.repeat(dots.length));
  } catch {
    throw new Failure('its id is no text');
  }
}

async function contentOf(path: string): Promise<string | null> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > TEXT_BYTES) throw new Failure(`its text is longer than ${TEXT_BYTES} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENAMETOOLONG' || code === 'ENOTDIR') return null;
    throw new Failure(`its text cannot be read (${code})`);
  }
}
