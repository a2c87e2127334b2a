import type { DatabaseSync } from 'node:sqlite';
import {
  agreements,
  createFindings,
  type Findings,
  keptBeyond,
  missing,
  notTodays,
  type OnRead,
  tell,
} from '../findings.ts';
import { migrations, versionAfter } from '../migrations/index.ts';
import type { AnyCollection } from '../store.ts';
import { checkRows } from './check-rows.ts';
import { hasSearchTable, isDescribed, lacking } from './prepare.ts';
import { openForReading } from './reading.ts';
import { quote } from './schema.ts';

/** Reads a whole file as it is at one moment, beside whoever writes, and changes nothing. */
export function checkSqlite(file: string, collections: readonly AnyCollection[], onRead?: OnRead): Findings {
  const db = openForReading(file);
  try {
    db.exec('BEGIN');
    return checkDatabase(db, collections, onRead);
  } finally {
    db.close();
  }
}

/** Throws `StoreRefused` where the file is not yet what this program makes of it at a start. What cannot be read is a fault, and the rest is read all the same. */
export function checkDatabase(
  db: DatabaseSync,
  collections: readonly AnyCollection[],
  onRead: OnRead = () => {},
): Findings {
  const findings = createFindings();
  attempt(findings, THE_FILE, () => {
    for (const { integrity_check: said } of db.prepare('PRAGMA integrity_check(100)').all())
      if (said !== 'ok') tell(findings, THE_FILE, null, String(said));
  });
  // Without its own descriptions nothing is known of what is in it.
  if (!attempt(findings, THE_FILE, () => mustBeTodays(db, collections))) return findings;
  attempt(findings, THE_FILE, () => {
    for (const statement of lacking(db, collections))
      tell(findings, THE_FILE, null, `it lacks what this statement makes: ${statement}`);
  });
  for (const collection of collections) {
    attempt(findings, collection, () => checkRows(db, collection, findings, onRead));
    attempt(findings, collection, () => checkParents(db, collection, findings));
    for (const agreement of agreements(collection, collections))
      attempt(findings, collection, () => checkAgreement(db, collection, agreement, findings));
    attempt(findings, collection, () => checkNumbers(db, collection, findings));
  }
  return findings;
}

const THE_FILE = { name: 'the file' };

/** Whether it could be read. */
function attempt(findings: Findings, of: AnyCollection, step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SQLITE_ERROR') throw error;
    const what = `it cannot be read: ${(error as Error).message}`;
    // What spoils one step of a check spoils others.
    const isTold = findings.faults.some((fault) => fault.collection === of.name && fault.what === what);
    if (!isTold) tell(findings, of, null, what);
    return false;
  }
}

function mustBeTodays(db: DatabaseSync, collections: readonly AnyCollection[]): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  const known = versionAfter(migrations);
  const hasDescriptions = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'described'").get() !== undefined;
  if (
    version !== known ||
    !hasDescriptions ||
    !collections.every((one) => isDescribed(db, one) && hasSearchTable(db, one))
  )
    throw notTodays(version, known);
}

/** What a document lies in is there, unless all of it is about to be swept: a sweep takes what lies between first. So is its organization. */
function checkParents(db: DatabaseSync, collection: AnyCollection, findings: Findings): void {
  const table = quote(collection.name);
  const ancestors = collection.ancestors ?? [];
  const buried = `SELECT 1 FROM tombstones t WHERE t.org = d.org AND t.id IN (${ancestors.map(({ field }) => `d.${quote(field)}`)})`;
  for (const { field, in: above } of ancestors) {
    const lost = db.prepare(`SELECT d.org, d.id, d.${quote(field)} AS parent FROM ${table} d
      WHERE d.${quote(field)} IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM ${quote(above)} p WHERE p.org = d.org AND p.id = d.${quote(field)})
      AND NOT EXISTS (${buried})`);
    for (const { org, id, parent } of lost.iterate())
      tell(findings, collection, place(org, id), `${field}: there is no ${parent} in ${above}`);
  }
  const home = `d.${quote(collection.home ?? 'org')}`;
  const homeless = db.prepare(`SELECT d.org, d.id FROM ${table} d WHERE ${home} <> ''
    AND NOT EXISTS (SELECT 1 FROM orgs o WHERE o.org = ${home} AND o.id = ${home})`);
  for (const { org, id } of homeless.iterate())
    tell(findings, collection, place(org, id), 'there is no such organization');
}

/** What lies in two things lies in one of them as that one lies in the other. */
function checkAgreement(
  db: DatabaseSync,
  collection: AnyCollection,
  { field, in: above, shared }: ReturnType<typeof agreements>[number],
  findings: Findings,
): void {
  const differing = db.prepare(`SELECT d.org, d.id, d.${quote(field)} AS parent, p.${quote(shared)} AS other
    FROM ${quote(collection.name)} d JOIN ${quote(above)} p ON p.org = d.org AND p.id = d.${quote(field)}
    WHERE d.${quote(shared)} IS NOT p.${quote(shared)}`);
  for (const { org, id, parent, other } of differing.iterate())
    tell(findings, collection, place(org, id), `${field}: ${parent} has another ${shared}: ${other}`);
}

/** Each number is given once, none beyond what has been counted, and none below that is missing, unless changes have left holes. */
function checkNumbers(db: DatabaseSync, collection: AnyCollection, findings: Findings): void {
  const { name, numbered, renumbered = false, expires } = collection;
  if (!numbered) return;
  const number = quote(numbered);
  const kept = expires ? quote(expires) : "'~'";
  const until = keptBeyond(Date.now());
  const counted = `coalesce((SELECT iif(json_valid(n.doc), json_extract(n.doc, '$.last'), 0) FROM numberings n
    WHERE n.org = d.org AND n.id = ?), 0)`;
  const fault = (org: unknown, what: string) => tell(findings, collection, place(org, name), what);
  const pairs =
    db.prepare(`SELECT * FROM (SELECT org, ${number} AS number, lag(${number}) OVER place AS before, lag(${kept}) OVER place AS kept
    FROM ${quote(name)} WINDOW place AS (PARTITION BY org ORDER BY ${number}))
    WHERE (number = before AND number > 0) OR (number > before + 1 AND kept > ?)`);
  for (const { org, number: told, before } of pairs.iterate(renumbered ? NEVER : until))
    fault(org, told === before ? `the number ${told} is given more than once` : missing(Number(before), Number(told)));
  const ends = db.prepare(`SELECT d.org, max(d.${number}) AS number, ${kept} AS kept, ${counted} AS last
    FROM ${quote(name)} d GROUP BY d.org HAVING number > last OR (number < last AND kept > ?)`);
  for (const { org, number: told, last } of ends.iterate(name, until))
    if (Number(told) > Number(last)) fault(org, `the number ${told} is beyond what has been counted`);
    else fault(org, missing(Number(told), Number(last) + 1));
}

/** Behind every time: no hole is a fault. */
const NEVER = '~';

function place(org: unknown, id: unknown): { orgId: string; id: string } {
  return { orgId: String(org), id: String(id) };
}
