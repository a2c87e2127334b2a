import type { AnyCollection, Change, Doc } from '../store/store.ts';
import { invalid, valueError } from '../words/errors.ts';
import type { Context } from './context.ts';
import { allNouns } from './noun.ts';

/** How long a document may become, in bytes: far below what one of MongoDB's may hold, with both sides of a change in its audit event. */
const DOCUMENT_MAX = 4 * 1_048_576;

/**
 * Refuses a commit that would make a document longer than that by what bodies say of it. What is longer already may
 * change and become shorter, and what the product itself notes of a document always has room.
 */
export async function checkSizes(ctx: Context, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.type !== 'insert' && change.type !== 'put') continue;
    if (sizeOf(change.in, change.doc, DOCUMENT_MAX) <= DOCUMENT_MAX) continue;
    const before = change.type === 'put' ? await ctx.deps.store.get<Doc>(change.in, change.doc) : null;
    const size = before ? sizeOf(change.in, before, Number.MAX_SAFE_INTEGER) : DOCUMENT_MAX;
    if (sizeOf(change.in, change.doc, size) > size) throw tooLong();
  }
}

function tooLong(): Error {
  return invalid([valueError(['input'], `what is stored of one thing must not exceed ${DOCUMENT_MAX} bytes`, null)]);
}

const saidFields = new WeakMap<AnyCollection, readonly string[]>();

/** The fields in which a collection's documents hold what bodies say. */
function saidIn(collection: AnyCollection): readonly string[] {
  const known = saidFields.get(collection);
  if (known) return known;
  const noun = allNouns().find((one) => one.collection === collection);
  const fields = Object.entries(noun?.fields ?? {}).filter(([, { create, update }]) => create ?? update);
  const said = [...new Set(fields.map(([name, { of }]) => of ?? name))];
  saidFields.set(collection, said);
  return said;
}

function sizeOf(collection: AnyCollection, doc: Doc, most: number): number {
  let size = 0;
  for (const name of saidIn(collection)) {
    if (size > most) break;
    size += ENTRY + name.length + sizeOfValue(doc[name as keyof Doc], most - size);
  }
  return size;
}

/** What a value or a name takes beside its text, about as an engine that stores documents has it. */
const ENTRY = 8;

/** The bytes of a value, or some number over `most`: one text may stand in it many times, so no more is counted. */
function sizeOfValue(value: unknown, most: number): number {
  if (typeof value === 'string') return ENTRY + Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return ENTRY;
  let size = ENTRY;
  const isList = Array.isArray(value);
  for (const name in value) {
    if (size > most) break;
    size += ENTRY + (isList ? 0 : Buffer.byteLength(name)) + sizeOfValue(value[name as keyof object], most - size);
  }
  return size;
}
