import { BSON } from 'mongodb';
import { frozen } from '../../words/frozen.ts';
import { type Held, SecondChance } from '../../words/second-chance.ts';
import { complete } from '../complete.ts';
import type { AnyCollection, Doc } from '../store.ts';

/** What reads ask for of a stored document: all else beside it is for the server's queries. */
export const PARSED = { doc: 1, unique: 1 } as const;

/** A document as its bytes say. */
export interface Parsed<D extends Doc = Doc> {
  /** `org/id` */
  readonly key: string;
  readonly doc: D;
  readonly unique: string | undefined;
}

interface Kept extends Parsed, Held {
  readonly name: string;
  readonly fields: Uint8Array;
}

/** Bytes of documents, as the server sends them. */
const ROOM = 16_777_216;

/**
 * Parsed documents by what they were parsed from. Each is asked of the server every time; what comes in the same bytes is not
 * parsed again, so nothing here can be out of date, and a document that has not changed is the same object. Frozen, since
 * whoever reads one is given the same.
 */
export class ParsedDocs {
  readonly #byName = new Map<string, Map<string, Kept>>();
  readonly #all = new SecondChance<Kept>(ROOM, ({ name, key }) => void this.#byName.get(name)?.delete(key));

  /** `added`: how many bytes at the end of it are the answer's and not the document's. */
  parse<D extends Doc>(from: AnyCollection, bytes: Uint8Array, added = 0): Parsed<D> {
    const key = keyIn(bytes);
    const fields = bytes.subarray(SIZE, bytes.length - END - added);
    const known = key === null ? undefined : this.#byName.get(from.name)?.get(key);
    if (known && Buffer.compare(known.fields, fields) === 0) {
      known.isUsed = true;
      return known as Parsed as Parsed<D>;
    }
    const stored = BSON.deserialize(bytes);
    const parsed = { key: String(stored._id), doc: frozen(complete(from, stored.doc as D)), unique: stored.unique };
    if (known) this.#all.remove(known);
    if (key !== null && this.#all.takes(fields.length)) this.#keep(from.name, parsed, fields);
    return parsed;
  }

  #keep(name: string, parsed: Parsed, fields: Uint8Array): void {
    const own = this.#byName.get(name) ?? new Map<string, Kept>();
    this.#byName.set(name, own);
    // A copy: these lie in the whole of what the server has sent.
    const kept = { ...parsed, name, fields: Uint8Array.from(fields), size: fields.length, isUsed: false };
    own.set(parsed.key, kept);
    this.#all.add(kept);
  }
}

/** Of BSON: a document is its size, its fields, and a zero. */
const SIZE = 4;
const END = 1;
const INT = 0x10;
const TEXT = 0x02;
/** Of the document's size, the kind of its first field, and its name `_id` with the end of that. */
const LENGTH_AT = 9;

/** The key, where it is the first field, as the server has it. */
export function keyIn(bytes: Uint8Array): string | null {
  const isFirst = bytes[4] === TEXT && bytes[5] === 0x5f && bytes[6] === 0x69 && bytes[7] === 0x64 && bytes[8] === 0;
  if (!isFirst) return null;
  const view = viewOf(bytes);
  return view.toString('utf8', LENGTH_AT + 4, LENGTH_AT + 3 + view.readInt32LE(LENGTH_AT));
}

/** What `at` of a pipeline, the last field of its answers, takes of them, and what it says. */
export const AT_SIZE = 8;

export function atIn(bytes: Uint8Array): number {
  const begin = bytes.length - END - AT_SIZE;
  const isThere = bytes[begin] === INT && bytes[begin + 1] === 0x61 && bytes[begin + 2] === 0x74;
  if (!isThere) throw new Error('an answer does not end with its place');
  return viewOf(bytes).readInt32LE(begin + 4);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
