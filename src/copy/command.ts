import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { collections, rules } from '../collections.ts';
import { StartRefused } from '../refused.ts';
import { openMongo } from '../store/mongodb/open.ts';
import { openSqlite } from '../store/sqlite/engine.ts';
import type { Store } from '../store/store.ts';
import { copyAll, differences } from './copy.ts';

/** `switchyard copy --from sqlite:FILE --to mongodb://…`, in both directions; safe to run again, verified at the end. */
export async function copyCommand(args: string[]): Promise<void> {
  const { from, to } = parse(args);
  if (from === to) throw new StartRefused('copy: --from and --to are the same');
  const source = await open(from, true);
  try {
    const target = await open(to, false);
    try {
      await run(source, target);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function parse(args: string[]): { from: string; to: string } {
  const usage = 'copy wants --from and --to, each sqlite:FILE or mongodb://…';
  try {
    const { values } = parseArgs({ args, options: { from: { type: 'string' }, to: { type: 'string' } } });
    if (values.from === undefined || values.to === undefined) throw new StartRefused(usage);
    return { from: values.from, to: values.to };
  } catch (error) {
    throw error instanceof StartRefused ? error : new StartRefused(`${usage}: ${(error as Error).message}`);
  }
}

async function open(place: string, mustExist: boolean): Promise<Store> {
  const now = () => new Date().toISOString();
  if (/^mongodb(\+srv)?:/.test(place)) return openMongo({ uri: place, collections, rules, now });
  const file = /^sqlite:(.+)$/.exec(place)?.[1];
  if (file === undefined) throw new StartRefused('copy: a place is sqlite:FILE or mongodb://…');
  if (mustExist && !existsSync(file)) throw new StartRefused(`copy: there is no file ${file}`);
  return openSqlite({ file, collections, rules, now });
}

async function run(source: Store, target: Store): Promise<void> {
  let total = 0;
  let counted = { collection: '', copied: 0 };
  await copyAll(source, target, collections, (at) => {
    total += at.copied - (at.collection === counted.collection ? counted.copied : 0);
    counted = at;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[Kcopying ${at.collection}: ${total} documents so far`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const differing = await differences(source, target, collections);
  if (differing.length > 0)
    throw new StartRefused(
      `copy: the two differ in ${differing.join(', ')}; stop the servers that write to them and run it again`,
    );
  process.stdout.write(
    `copied ${total} documents of ${collections.length} collections; counts and content hashes agree\n`,
  );
}
