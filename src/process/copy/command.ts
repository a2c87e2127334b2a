import { existsSync, statSync } from 'node:fs';
import { collections } from '../../catalog/collections.ts';
import { BATCH_MS } from '../../store/deadline.ts';
import { openMongo } from '../../store/mongodb/open.ts';
import { openSqlite } from '../../store/sqlite/engine.ts';
import type { Store } from '../../store/store.ts';
import { StartRefused, UsageRefused } from '../../words/refused.ts';
import { inSteps } from '../operator/in-steps.ts';
import { printJson } from '../operator/print.ts';
import { withProgress } from '../operator/progress.ts';
import { countOf, type Place } from '../setup/count.ts';
import { copyAll, differences, strangersIn } from './copy.ts';

/** `switchyard copy --from sqlite:FILE --to mongodb://…`, in both directions; safe to run again, verified at the end. */
export async function copyCommand({ from, to, json }: CopyWords): Promise<void> {
  const places = { from: placeOf(from), to: placeOf(to) };
  if (from === to || isOneFile(places.from, places.to)) throw new UsageRefused('copy: --from and --to are the same');
  const source = await open(places.from, true);
  try {
    const target = await open(places.to, false);
    try {
      const documents = await run(source, target, places);
      if (json) printJson({ documents, collections: collections.length });
      else
        process.stdout.write(
          `copied ${documents} documents of ${collections.length} collections; counts and content hashes agree\n`,
        );
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

export interface CopyWords {
  from: string;
  to: string;
  json?: boolean;
}

/** What it is not is not repeated: a misspelt connection string holds a password too. */
function placeOf(text: string): Place {
  if (/^mongodb(\+srv)?:/.test(text)) return { uri: text };
  const file = /^sqlite:(.+)$/.exec(text)?.[1];
  if (file === undefined) throw new UsageRefused('copy: a place is sqlite:FILE or mongodb://…');
  return { file };
}

/** By a link or another spelling: two connections that do not know of each other would write one file. */
function isOneFile(from: Place, to: Place): boolean {
  if (!('file' in from && 'file' in to)) return false;
  const [one, other] = [from, to].map(({ file }) => statSync(file, { throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

async function open(place: Place, mustExist: boolean): Promise<Store> {
  const now = () => new Date().toISOString();
  if ('uri' in place)
    return openMongo({ uri: place.uri, collections, now, patienceMs: BATCH_MS }).catch((error: Error) => {
      // No variable has been read here: the word is at fault.
      throw new StartRefused(error.message.replace(/^MONGODB_URI/, mustExist ? '--from' : '--to'), { cause: error });
    });
  const { file } = place;
  if (mustExist && !existsSync(file)) throw new StartRefused(`copy: there is no file ${file}`);
  return openSqlite({ file, collections, now });
}

/** Answers how many documents there are. */
async function run(source: Store, target: Store, { from, to }: { from: Place; to: Place }): Promise<number> {
  const strangers = await strangersIn(source, target);
  if (strangers.length > 0)
    throw new StartRefused(
      `copy: --to holds other organizations (${strangers.slice(0, 3).join(', ')}${strangers.length > 3 ? ', …' : ''}); name an empty place, or one that --from was copied to before`,
    );
  const [total, differing] = await inSteps('copy', async () => {
    const copied = await withProgress('copying', await countOf(from), ({ add }) =>
      copyAll(source, target, collections, add),
    );
    const found = await withProgress('verifying', copied + (await countOf(to)), ({ add }) =>
      differences(source, target, collections, add),
    );
    return [copied, found] as const;
  });
  if (differing.length > 0)
    throw new StartRefused(
      `copy: the two differ in ${differing.join(', ')}; stop the servers that write to them and run it again`,
    );
  return total;
}
