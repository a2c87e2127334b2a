import { statSync } from 'node:fs';
import { collections } from '../../catalog/collections.ts';
import { orgIndex } from '../../nouns/orgs/model.ts';
import { BATCH_MS } from '../../store/deadline.ts';
import { everyStored } from '../../store/every.ts';
import { migrations, versionAfter } from '../../store/migrations/index.ts';
import type { AnyCollection, Doc, Store } from '../../store/store.ts';
import { expected } from '../../words/expected.ts';
import { StartRefused } from '../../words/refused.ts';
import { inSteps } from '../operator/in-steps.ts';
import { printJson } from '../operator/print.ts';
import { withProgress } from '../operator/progress.ts';
import { readConfig } from '../setup/config.ts';
import { createDeps } from '../setup/deps.ts';
import type { Env } from '../setup/env.ts';
import { placeOf, remark, remarkNearMisses } from '../setup/place.ts';
import { type Entry, type Head, readBackup } from './file.ts';

const BATCH = 500;

/** What a file holds, known before anything of it is stored. */
interface Contents {
  documents: number;
  orgs: Set<string>;
  ids: Map<string, Set<string>>;
}

/** `switchyard restore FILE`, into an empty store, or one that holds the same organizations: it is the same afterwards, and safe to run again. */
export async function restoreCommand(file: string, { json }: { json?: boolean }, env: Env): Promise<void> {
  const contents = await contentsOf(file);
  const config = readConfig(env);
  remarkNearMisses(env);
  const deps = await createDeps({ ...config, LOG_LEVEL: 'warn' }, env, BATCH_MS);
  try {
    const place = await placeOf(config);
    await mustHoldNoOthers(deps.store, contents, place);
    const stored = await inSteps('restore', async () => {
      await withProgress('restoring', contents.documents, ({ add }) => load(file, deps.store, add));
      return tidy(deps.store, contents);
    });
    if (stored !== contents.documents)
      throw new StartRefused(
        `restore: ${place} holds ${stored} documents, ${file} ${contents.documents}; stop the servers and run it again`,
      );
    if (json) printJson({ file, documents: stored, organizations: contents.orgs.size });
    else process.stdout.write(`restored ${stored} documents of ${contents.orgs.size} organizations\n`);
    remark(`restored into ${place}`);
  } finally {
    await deps.store.close();
  }
}

async function contentsOf(file: string): Promise<Contents> {
  const contents: Contents = {
    documents: 0,
    orgs: new Set(),
    ids: new Map(collections.map(({ name }) => [name, new Set()])),
  };
  const there = statSync(file, { throwIfNoEntry: false });
  // It is read twice, which a pipe is not.
  if (there && !there.isFile()) throw new StartRefused(`restore: ${file} is not a regular file`);
  const size = there?.size ?? 0;
  await withProgress('reading', size, ({ add }) => note(file, contents, add), { unit: 'bytes' });
  return contents;
}

async function note(file: string, contents: Contents, onRead: (bytes: number) => void): Promise<void> {
  let head: Head | null = null;
  for await (const line of readBackup(file, onRead)) {
    if (head === null) {
      head = headOf(file, line);
      continue;
    }
    const [name, doc] = entryOf(file, line);
    const ids = contents.ids.get(name);
    if (!ids)
      throw new StartRefused(
        `restore: ${file} holds ${name}, which this version does not know; take the one that made it (${head.version})`,
      );
    ids.add(nameOf(doc));
    if (name === orgIndex.name) contents.orgs.add(doc.id);
    contents.documents += 1;
  }
}

function entryOf(file: string, line: Head | Entry): Entry {
  if (!Array.isArray(line) || line.length !== 2 || !isDoc(line[1]))
    throw new StartRefused(`restore: ${file} is not a whole backup; nothing was restored`);
  return line;
}

function isDoc(value: unknown): value is Doc {
  if (typeof value !== 'object' || value === null) return false;
  return ['orgId', 'id'].every((key) => typeof (value as Record<string, unknown>)[key] === 'string');
}

function headOf(file: string, line: Head | Entry): Head {
  if (Array.isArray(line) || line?.switchyard !== 'backup' || line.format !== 1)
    throw new StartRefused(`restore: ${file} is no backup of Switchyard`);
  const known = versionAfter(migrations);
  if (line.data !== known)
    throw new StartRefused(
      `restore: ${file} is of version ${line.version}, whose data are stored otherwise (${line.data}, here ${known}); restore it with that version, then upgrade`,
    );
  return line;
}

const nameOf = ({ orgId, id }: Doc) => `${orgId}/${id}`;

async function mustHoldNoOthers(store: Store, { orgs }: Contents, place: string): Promise<void> {
  for await (const docs of everyStored(store, orgIndex, BATCH)) {
    const other = docs.find(({ id }) => !orgs.has(id));
    if (other) throw new StartRefused(`restore: ${place} holds other organizations (${other.id}); name an empty place`);
  }
}

async function load(file: string, store: Store, onLoaded: (documents: number) => void): Promise<void> {
  const known = new Map(collections.map((one) => [one.name, one]));
  let at = null as AnyCollection | null;
  let waiting: Doc[] = [];
  const flush = async () => {
    if (at && waiting.length > 0) await store.load(at, waiting);
    onLoaded(waiting.length);
    waiting = [];
  };
  for await (const line of readBackup(file)) {
    if (!Array.isArray(line)) continue;
    const [name, doc] = line;
    if (at?.name !== name || waiting.length === BATCH) await flush();
    at = expected(known.get(name), `collection named ${name}`);
    waiting.push(doc);
  }
  await flush();
}

/** Takes away what the backup does not have, and counts what is left. */
async function tidy(store: Store, { ids }: Contents): Promise<number> {
  let left = 0;
  for (const collection of collections)
    for await (const docs of everyStored<Doc>(store, collection, BATCH)) {
      const gone = docs.filter((doc) => !ids.get(collection.name)?.has(nameOf(doc)));
      if (gone.length > 0) await store.discard(collection, gone);
      left += docs.length - gone.length;
    }
  return left;
}
