import { renameSync, rmSync } from 'node:fs';
import pkg from '../../../package.json' with { type: 'json' };
import { collections } from '../../catalog/collections.ts';
import { everyStored } from '../../store/every.ts';
import { migrations, versionAfter } from '../../store/migrations/index.ts';
import type { Doc } from '../../store/store.ts';
import { StartRefused } from '../../words/refused.ts';
import { withStore } from '../operator/open.ts';
import { printJson } from '../operator/print.ts';
import { type Progress, withProgress } from '../operator/progress.ts';
import { readConfig } from '../setup/config.ts';
import type { Env } from '../setup/env.ts';
import { remark } from '../setup/place.ts';
import { type Entry, type Head, writeBackup } from './file.ts';
import { type Moment, openMoment } from './moment.ts';

const BATCH = 500;

/** `switchyard backup FILE`, beside running servers: all documents as they were at one moment. */
export async function backupCommand(file: string, { json }: { json?: boolean }, env: Env): Promise<void> {
  const partial = `${file}.partial`;
  // As a start would, so that the data are those of this program.
  await withStore(env, async (_, place) => {
    const moment = await openMoment(readConfig(env), `${file}.copy`);
    try {
      const total = await withProgress('saving', await moment.estimate(), (progress) =>
        writeBackup(partial, headNow(), entriesOf(moment, progress)),
      );
      renameSync(partial, file);
      if (json) printJson({ file, documents: total });
      else process.stdout.write(`saved ${total} documents to ${file}\n`);
      remark(`saved what was in ${place}`);
    } catch (error) {
      rmSync(partial, { force: true });
      throw isOfFiles(error) ? new StartRefused(`backup: cannot write ${file}: ${error.message}`) : error;
    } finally {
      await moment.close();
    }
  });
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

function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).path === 'string';
}
