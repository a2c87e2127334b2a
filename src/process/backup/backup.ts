import pkg from '../../../package.json' with { type: 'json' };
import { collections } from '../../catalog/collections.ts';
import { everyStored } from '../../store/every.ts';
import { migrations, versionAfter } from '../../store/migrations/index.ts';
import type { Doc } from '../../store/store.ts';
import { StartRefused } from '../../words/refused.ts';
import { isOfSystem } from '../../words/system-error.ts';
import { withStore } from '../operator/open.ts';
import { printJson } from '../operator/print.ts';
import { type Progress, withProgress } from '../operator/progress.ts';
import { type Config, readConfig } from '../setup/config.ts';
import { databaseFile } from '../setup/deps.ts';
import type { Env } from '../setup/env.ts';
import { remark } from '../setup/place.ts';
import { type Entry, type Head, writeBackup } from './file.ts';
import { type Moment, openMoment } from './moment.ts';
import { openTarget, type Target } from './target.ts';

const BATCH = 500;

/** `switchyard backup FILE`, beside running servers: all documents as they were at one moment. */
export async function backupCommand(file: string, { json }: { json?: boolean }, env: Env): Promise<void> {
  // As a start would, so that the data are those of this program.
  await withStore(env, async (_, place) => {
    const total = await save(file, readConfig(env)).catch((error: unknown) => {
      if (!isOfSystem(error)) throw error;
      throw new StartRefused(`backup: cannot write ${file}: ${error.message}`, { cause: error });
    });
    if (json) printJson({ file, documents: total });
    else process.stdout.write(`saved ${total} documents to ${file}\n`);
    remark(`saved what was in ${place}`);
  });
}

async function save(file: string, config: Config): Promise<number> {
  const target = openTarget(file, config.MONGODB_URI === undefined ? databaseFile(config.DATA_DIR) : null);
  try {
    const total = await saveMoment(config, target);
    target.keep();
    return total;
  } finally {
    target.clear();
  }
}

async function saveMoment(config: Config, { partial, aside }: Target): Promise<number> {
  const moment = await openMoment(config, aside);
  try {
    return await withProgress('saving', await moment.estimate(), (progress) =>
      writeBackup(partial, headNow(), entriesOf(moment, progress)),
    );
  } finally {
    await moment.close();
  }
}

function headNow(): Head {
  const at = new Date().toISOString();
  return { switchyard: 'backup', format: 1, version: pkg.version, data: versionAfter(migrations), at };
}

async function* entriesOf(moment: Moment, progress: Progress): AsyncGenerator<Entry> {
  for (const collection of collections)
    for await (const docs of everyStored<Doc>(moment, collection, BATCH)) {
      for (const doc of docs) yield [collection.name, doc];
      progress.add(docs.length);
    }
}
