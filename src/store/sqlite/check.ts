import { DatabaseSync } from 'node:sqlite';
import { createFindings, type Findings, notTodays, type OnRead, tell } from '../findings.ts';
import { migrations, versionAfter } from '../migrations/index.ts';
import type { AnyCollection } from '../store.ts';
import { checkRows } from './check-rows.ts';
import { isDescribed, lacking } from './prepare.ts';
import { quote } from './schema.ts';

/** Reads a whole file as it is at one moment, beside whoever writes, and changes nothing. */
export function checkSqlite(file: string, collections: readonly AnyCollection[], onRead?: OnRead): Findings {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    db.exec('BEGIN');
    return checkDatabase(db, collections, onRead);
  } finally {
    db.close();
  }
}

/** Throws `StoreRefused` where the file is not yet what this program makes of it at a start. */
export function checkDatabase(
  db: DatabaseSync,
  collections: readonly AnyCollection[],
  onRead: OnRead = () => {},
): Findings {
  const findings = createFindings();
  for (const { integrity_check: said } of db.prepare('PRAGMA integrity_check(100)').all())
    if (said !== 'ok') tell(findings, { name: 'the file' }, null, String(said));
  // Where the file itself is broken nothing else that is read of it can be trusted.
  if (findings.found > 0) return findings;
  mustBeTodays(db, collections);
  for (const statement of lacking(db, collections))
    tell(findings, { name: 'the file' }, null, `it lacks what this statement makes: ${statement}`);
  if (findings.found > 0) return findings;
  for (const collection of collections) {
    checkRows(db, collection, findings, onRead);
    checkParents(db, collection, findings);
    checkNumbers(db, collection, findings);
  }
  return findings;
}

function mustBeTodays(db: DatabaseSync, collections: readonly AnyCollection[]): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  const known = versionAfter(migrations);
  const hasDescriptions = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'described'").get() !== undefined;
  if (version !== known || !hasDescriptions || !collections.every((one) => isDescribed(db, one)))
    throw notTodays(version, known);
}

/** What a document lies in is there, or its tombstone is; so is its organization. */
function checkParents(db: DatabaseSync, collection: AnyCollection, findings: Findings): void {
  const table = quote(collection.name);
  for (const { field, in: above } of collection.ancestors ?? []) {
    const lost = db.prepare(`SELECT d.org, d.id, d.${quote(field)} AS parent FROM ${table} d
      WHERE d.${quote(field)} IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM ${quote(above)} p WHERE p.org = d.org AND p.id = d.${quote(field)})
      AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.org = d.org AND t.id = d.${quote(field)})`);
    for (const { org, id, parent } of lost.iterate())
      tell(findings, collection, place(org, id), `${field}: there is no ${parent} in ${above}`);
  }
  const homeless = db.prepare(`SELECT d.org, d.id FROM ${table} d WHERE d.org <> ''
    AND NOT EXISTS (SELECT 1 FROM orgs o WHERE o.org = d.org AND o.id = d.org)`);
  for (const { org, id } of homeless.iterate())
    tell(findings, collection, place(org, id), 'there is no such organization');
}

/** Each number is given once, and none beyond what has been counted. */
function checkNumbers(db: DatabaseSync, collection: AnyCollection, findings: Findings): void {
  if (!collection.numbered) return;
  const number = quote(collection.numbered);
  const table = quote(collection.name);
  const twice = db.prepare(`SELECT org, ${number} AS number FROM ${table} GROUP BY 1, 2 HAVING count(*) > 1`);
  for (const { org, number: told } of twice.iterate())
    tell(findings, collection, place(org, collection.name), `the number ${told} is given more than once`);
  const beyond = db.prepare(`SELECT d.org, max(d.${number}) AS number FROM ${table} d GROUP BY d.org
    HAVING max(d.${number}) > coalesce((SELECT iif(json_valid(n.doc), json_extract(n.doc, '$.last'), 0) FROM numberings n
      WHERE n.org = d.org AND n.id = ?), 0)`);
  for (const { org, number: told } of beyond.iterate(collection.name))
    tell(findings, collection, place(org, collection.name), `the number ${told} is beyond what has been counted`);
}

function place(org: unknown, id: unknown): { orgId: string; id: string } {
  return { orgId: String(org), id: String(id) };
}
