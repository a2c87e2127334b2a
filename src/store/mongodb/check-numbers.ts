import type { Db } from 'mongodb';
import { type Findings, keptBeyond, missing, tell } from '../findings.ts';
import { type Numbering, numberings } from '../numberings.ts';
import type { AnyCollection } from '../store.ts';
import { keyOf, type Stored } from './documents.ts';

interface Told {
  orgId: string;
  number: number;
  /** Whether it is kept for long enough that all after it must be there. */
  isKept: boolean;
}

/** Each number is given once, none beyond what has been counted, and none below that is missing, unless changes have left holes; in one reading in their order, however much is added meanwhile. */
export async function checkNumbers(db: Db, collection: AnyCollection, findings: Findings): Promise<void> {
  const { name, numbered, renumbered = false } = collection;
  if (!numbered) return;
  const fault = (orgId: string, what: string) => tell(findings, collection, { orgId, id: name }, what);
  const counted = await countedBefore(db, name);
  const ends = async ({ orgId, number, isKept }: Told) => {
    const last = counted.get(orgId) ?? 0;
    if (isKept && number < last) fault(orgId, missing(number, last + 1));
    if (number > last && number > (await countedNow(db, orgId, name)))
      fault(orgId, `the number ${number} is beyond what has been counted`);
  };
  let before: Told | null = null;
  for await (const told of inOrder(db, collection, numbered)) {
    if (before && before.orgId !== told.orgId) await ends(before);
    else if (before?.number === told.number && told.number > 0)
      fault(told.orgId, `the number ${told.number} is given more than once`);
    else if (!renumbered && before?.isKept && told.number > before.number + 1)
      fault(told.orgId, missing(before.number, told.number));
    before = told;
  }
  if (before) await ends(before);
}

async function* inOrder(db: Db, { name, expires }: AnyCollection, numbered: string): AsyncGenerator<Told> {
  const until = keptBeyond(Date.now());
  const fields = ['orgId', numbered, ...(expires ? [expires] : [])];
  const projection = { _id: 0, ...Object.fromEntries(fields.map((field) => [field, 1])) };
  const sort = { orgId: 1, [numbered]: 1 } as const;
  for await (const stored of db.collection<Stored>(name).find({}, { projection, sort }))
    yield {
      orgId: stored.orgId,
      number: Number(stored[numbered]),
      isKept: expires === undefined || String(stored[expires]) > until,
    };
}

async function countedBefore(db: Db, name: string): Promise<Map<string, number>> {
  const all = await db.collection<Stored<Numbering>>(numberings.name).find({ id: name }).toArray();
  return new Map(all.map(({ orgId, doc }) => [orgId, doc?.last ?? 0]));
}

async function countedNow(db: Db, orgId: string, name: string): Promise<number> {
  const key = { _id: keyOf({ orgId, id: name }), orgId };
  return (await db.collection<Stored<Numbering>>(numberings.name).findOne(key))?.doc?.last ?? 0;
}
