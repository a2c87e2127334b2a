import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { complete } from '../complete.ts';
import { refsOf } from '../derived.ts';
import { type Findings, keyFault, type OnRead, tell } from '../findings.ts';
import { idIn, named } from '../named.ts';
import type { AnyCollection, Doc } from '../store.ts';
import { totalKeysOf } from './beside.ts';
import { columnsOf, quote } from './schema.ts';
import { scopeToken, searchTableOf } from './trigrams.ts';
import { toValue } from './where.ts';

const BATCH = 500;

type Row = Record<string, unknown> & { rowid: number; org: string; id: string; doc: string; uniq: string | null };

/** Every row of a collection against what is kept beside it: columns, key, references, texts and totals. */
export function checkRows(db: DatabaseSync, collection: AnyCollection, findings: Findings, onRead: OnRead): void {
  const beside = createBeside(db, collection);
  let documents = 0;
  for (const read of db.prepare(`SELECT rowid, * FROM ${quote(collection.name)}`).iterate()) {
    const row = read as Row;
    documents += 1;
    if (documents % BATCH === 0) onRead(BATCH);
    const faults = rowFaults(collection, row, beside);
    for (const what of faults) tell(findings, collection, { orgId: row.org, id: row.id }, what);
  }
  onRead(documents % BATCH);
  findings.documents[collection.name] = documents;
  for (const what of beside.rest(documents)) tell(findings, collection, null, what);
}

function rowFaults(collection: AnyCollection, row: Row, beside: Beside): string[] {
  const doc = parsed(collection, row.doc);
  if (!doc) return ['its document is not JSON'];
  const key = keyFault(collection, doc, row.uniq);
  return [...columnFaults(collection, row, doc), ...(key === null ? [] : [key]), ...beside.faults(row, doc)];
}

function parsed(collection: AnyCollection, text: string): Doc | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? complete(collection, value as Doc) : null;
  } catch {
    return null;
  }
}

function columnFaults(collection: AnyCollection, row: Row, doc: Doc): string[] {
  const { orgId, ...own } = named(doc);
  const texts: [string, string] | undefined = collection.search?.texts(doc);
  const wanted: Record<string, unknown> = { org: orgId, id: own.id, version: own.version, createdAt: own.createdAt };
  for (const name of columnsOf(collection)) wanted[name] = toValue(own[name]);
  if (texts) [wanted.foldA, wanted.foldB] = texts;
  return Object.keys(wanted)
    .filter((name) => row[name] !== wanted[name])
    .map((name) => `its column ${name} is ${JSON.stringify(row[name])}, not ${JSON.stringify(wanted[name])}`);
}

interface Beside {
  /** What is wrong beside one row. */
  faults(row: Row, doc: Doc): string[];
  /** What is there beyond all rows, once they have been seen. */
  rest(documents: number): string[];
}

function createBeside(db: DatabaseSync, collection: AnyCollection): Beside {
  const { name } = collection;
  const hasRef = db.prepare(
    'SELECT 1 FROM refs WHERE org = ? AND collection = ? AND ref = ? AND "createdAt" = ? AND id = ?',
  );
  const texts =
    collection.search && db.prepare(`SELECT scope, a, b FROM ${quote(searchTableOf(collection))} WHERE rowid = ?`);
  const totals = new Map<string, number>();
  let refs = 0;
  return {
    faults({ rowid, org, id }, doc) {
      const faults: string[] = [];
      for (const ref of refsOf(collection, doc))
        if (hasRef.get(org, name, ref, doc.createdAt, id)) refs += 1;
        else faults.push(`its reference to ${ref} is not among the references`);
      for (const key of totalKeysOf(collection, doc)) {
        const at = JSON.stringify([org, key]);
        totals.set(at, (totals.get(at) ?? 0) + 1);
      }
      if (texts && !isIndexed(texts, rowid, collection, doc)) faults.push('its texts are not as a search finds them');
      return faults;
    },
    rest: (documents) => [
      ...surplus('references', count(db, 'SELECT count(*) AS n FROM refs WHERE collection = ?', name), refs),
      ...(texts
        ? surplus(
            'searched texts',
            count(db, `SELECT count(*) AS n FROM ${quote(searchTableOf(collection))}`),
            documents,
          )
        : []),
      ...totalFaults(db, name, totals),
    ],
  };
}

function isIndexed(texts: StatementSync, rowid: number, collection: AnyCollection, doc: Doc): boolean {
  if (!collection.search) return false;
  const [a, b]: [string, string] = collection.search.texts(doc);
  const found = texts.get(rowid);
  const token = scopeToken(idIn(doc, collection.search.scope));
  return found !== undefined && found.scope === token && found.a === a && found.b === b;
}

function count(db: DatabaseSync, sql: string, ...values: string[]): number {
  return Number(db.prepare(sql).get(...values)?.n);
}

function surplus(what: string, there: number, wanted: number): string[] {
  return there > wanted ? [`${there - wanted} ${what} are of no document`] : [];
}

/** A total of nothing may be absent or 0. */
function totalFaults(db: DatabaseSync, name: string, wanted: ReadonlyMap<string, number>): string[] {
  const left = new Map(wanted);
  const faults: string[] = [];
  for (const { org, key, n } of db
    .prepare(`SELECT org, key, n FROM totals WHERE json_extract(key, '$[0]') = ?`)
    .iterate(name)) {
    const at = JSON.stringify([org, key]);
    const real = left.get(at) ?? 0;
    left.delete(at);
    if (n !== real) faults.push(`the total ${key} of ${org} is ${n}, not ${real}`);
  }
  for (const [at, n] of left) faults.push(`the total ${at} is absent, not ${n}`);
  return faults;
}
