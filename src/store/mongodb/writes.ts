import type { AnyBulkWriteOperation, Db } from 'mongodb';
import { complete } from '../complete.ts';
import type { Deadline } from '../deadline.ts';
import { idIn } from '../named.ts';
import { numberingKey, numberings } from '../numberings.ts';
import { type AnyCollection, type Change, type Doc, orgsNamed, type Query } from '../store.ts';
import { keyOf, type Stamped, type Stored, toStored } from './documents.ts';
import { exchange } from './errors.ts';
import { filterOf } from './filters.ts';
import { uniqueFilter } from './keys.ts';
import { type Loaded, Overlay, type Slot } from './overlay.ts';
import { stampsOf } from './stamping.ts';
import type { Together } from './together.ts';

/** How many answers of a condition are read beforehand. */
const FOUND_MAX = 100;

export interface Reader {
  db: Db;
  together: Together;
  collections: ReadonlyMap<string, AnyCollection>;
  clashing: ReadonlySet<string>;
  deadline: Deadline;
  /** Whether ids and unique keys that are to be taken are looked up; else the indexes tell whether they were free. */
  isSure: boolean;
}

/** Reads all that a group of commits names: documents first, conditions after, so that what a condition rests on is older than it. */
export async function loadOverlay(reader: Reader, commits: readonly (readonly Change[])[]): Promise<Overlay> {
  const changes = commits.flat();
  const orgs = [...new Set(changes.flatMap(orgsNamed))];
  // Nothing else can lie below a tombstone, and most commits name nothing that does.
  const below = new Set(changes.filter((change) => change.in.ancestors?.length).flatMap(orgsNamed));
  const buried = new Map<string, ReadonlySet<string>>();
  const overlay = new Overlay(buried, reader.isSure);
  const bury = async (orgId: string) => void buried.set(orgId, await reader.together.buried([orgId], reader.deadline));
  // Any commit may tell of something that is numbered.
  const numbered = [...reader.collections.values()].filter(({ numbered }) => numbered);
  const wanted = wantedOf(reader, changes, orgs, numbered);
  await Promise.all([...[...below].map(bury), ...wanted.map((one) => loadCollection(reader, overlay, one))]);
  for (const change of changes) {
    if (!('query' in change)) continue;
    overlay.isStrict = true;
    overlay.found.set(change.query, await idsOf(reader, change.in, change.query, buried));
  }
  return overlay;
}

interface Wanted {
  from: AnyCollection;
  ids: Set<string>;
  uniques: { orgId: string; unique: string }[];
}

/** Keys, unique keys, and the documents above what is inserted. */
function wantedOf(
  { collections, clashing, isSure }: Reader,
  changes: readonly Change[],
  orgs: readonly string[],
  numbered: readonly AnyCollection[],
): Wanted[] {
  const wanted = new Map<string, Wanted>();
  const of = (from: AnyCollection) => {
    const one = wanted.get(from.name) ?? { from, ids: new Set<string>(), uniques: [] };
    wanted.set(from.name, one);
    return one;
  };
  for (const from of numbered) for (const orgId of orgs) of(numberings).ids.add(keyOf(numberingKey(from, orgId)));
  for (const change of changes) {
    if (change.type === 'insert' || change.type === 'put') {
      if (isSure || change.type === 'put') of(change.in).ids.add(keyOf(change.doc));
      // Who has a second key waits for it: the index would give it to whoever comes.
      const unique = isSure || clashing.has(change.in.name) ? (change.in.unique?.(change.doc) ?? null) : null;
      if (unique !== null) of(change.in).uniques.push({ orgId: change.doc.orgId, unique });
      if (change.type === 'insert')
        for (const above of ancestorsOf(collections, change.in, change.doc)) of(above.from).ids.add(above.id);
    } else if (change.type === 'remove' || change.type === 'exists' || change.type === 'apply')
      of(change.in).ids.add(keyOf(change.key));
  }
  return [...wanted.values()];
}

function ancestorsOf(
  collections: ReadonlyMap<string, AnyCollection>,
  of: AnyCollection,
  doc: Doc,
): { from: AnyCollection; id: string }[] {
  return (of.ancestors ?? []).flatMap(({ field, in: above }) => {
    const from = collections.get(above);
    return from ? [{ from, id: keyOf({ orgId: doc.orgId, id: idIn(doc, field) }) }] : [];
  });
}

async function loadCollection(
  { db, clashing, deadline }: Reader,
  overlay: Overlay,
  { from, ids, uniques }: Wanted,
): Promise<void> {
  for (const id of ids) overlay.load(from, { orgId: orgOfKey(id), id: id.slice(id.indexOf('/') + 1) }, null);
  const orgs = (list: string[]) => ({ $in: [...new Set(list)] });
  const read = (filter: object) =>
    exchange(deadline, (maxTimeMS) => db.collection<Stored>(from.name).find(filter, { maxTimeMS }).toArray());
  // Two queries, each on one index, where one with an `$or` might be planned as a scan.
  const found = await Promise.all([
    ...(ids.size === 0 ? [] : [read({ _id: { $in: [...ids] }, orgId: orgs([...ids].map(orgOfKey)) })]),
    ...(uniques.length === 0
      ? []
      : [
          read({
            orgId: orgs(uniques.map(({ orgId }) => orgId)),
            ...uniqueFilter(
              uniques.map(({ unique }) => unique),
              clashing.has(from.name),
            ),
          }),
        ]),
  ]);
  for (const stored of found.flat()) overlay.load(from, stored, loadedOf(from, stored));
}

function loadedOf(from: AnyCollection, { doc, fence, unique, stamped }: Stored): Loaded {
  return { doc: complete(from, doc), fence, unique, stamped };
}

function orgOfKey(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

async function idsOf(
  { db, deadline }: Reader,
  from: AnyCollection,
  query: Query,
  buried: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<string[]> {
  const filter = filterOf(from, query, [...(buried.get(query.orgId) ?? [])]);
  const found = await exchange(deadline, (maxTimeMS) =>
    db
      .collection<Stored>(from.name)
      .find(filter, { projection: { _id: 0, id: 1 }, limit: FOUND_MAX, maxTimeMS })
      .toArray(),
  );
  return found.map(({ id }) => id);
}

/** What the group comes to: per collection, the writes and how many documents they must meet. */
export interface Batch {
  name: string;
  operations: AnyBulkWriteOperation<Stored>[];
  mustMatch: number;
  mustDelete: number;
}

export function batchesOf(overlay: Overlay, collections: ReadonlyMap<string, AnyCollection>, now: string): Batch[] {
  const stamps = stampsOf(overlay, collections, now);
  const batches = new Map<string, Batch>();
  const of = (name: string) => {
    const one = batches.get(name) ?? { name, operations: [], mustMatch: 0, mustDelete: 0 };
    batches.set(name, one);
    return one;
  };
  const fenced = new Set<string>();
  for (const slot of overlay.slots.values())
    if (slot.current && !slot.loaded)
      for (const { from, id } of ancestorsOf(collections, slot.from, slot.current)) fenced.add(`${from.name}:${id}`);
  for (const [name, slot] of [...overlay.slots].sort(([, one], [, two]) => one.order - two.order)) {
    const { from, loaded, current } = slot;
    if (current === (loaded?.doc ?? null)) {
      const isNamed = slot.touched || (fenced.has(name) && loaded && !overlay.isBuried(from, loaded.doc));
      if (loaded && isNamed) addFence(of(from.name), slot, loaded, overlay.isStrict);
      continue;
    }
    addWrite(of(from.name), slot, stamps.get(slot) ?? loaded?.stamped);
  }
  // What the commits of an org contend for comes first: who loses knows it before anything else is written.
  const contended = batches.get(numberings.name);
  return [...new Set([...(contended ? [contended] : []), ...batches.values()])];
}

/** Written without changing it: whoever removes the document at the same time conflicts. */
function addFence(batch: Batch, { key }: Slot, { doc, fence }: Loaded, isStrict: boolean): void {
  const filter = { _id: keyOf(key), orgId: key.orgId, ...(isStrict ? { fence, version: doc.version } : {}) };
  batch.operations.push({ updateOne: { filter, update: { $inc: { fence: 1 } as never } } });
  batch.mustMatch += 1;
}

function addWrite(batch: Batch, { from, key, loaded, current }: Slot, stamped: Stamped | undefined): void {
  const beside = stamped && { stamped };
  if (!loaded) {
    if (current) batch.operations.push({ insertOne: { document: { ...toStored(from, current, 0), ...beside } } });
  } else {
    const filter = { _id: keyOf(key), orgId: key.orgId, version: loaded.doc.version, fence: loaded.fence };
    if (current) {
      batch.operations.push({
        replaceOne: { filter, replacement: { ...rewritten(from, current, loaded), ...beside } },
      });
      batch.mustMatch += 1;
    } else {
      batch.operations.push({ deleteOne: { filter } });
      batch.mustDelete += 1;
    }
  }
}

/** A key stays what it is unless the document's own changes: it may be a second one. */
function rewritten(from: AnyCollection, current: Doc, { doc, fence, unique }: Loaded): Stored {
  const next = toStored(from, current, fence);
  return unique !== undefined && next.unique === from.unique?.(doc) ? { ...next, unique } : next;
}
