import { collections } from '../../catalog/collections.ts';
import type { Fault, Findings } from '../../store/findings.ts';
import { StartRefused } from '../../words/refused.ts';
import { printJson, printTable } from '../operator/print.ts';
import { withProgress } from '../operator/progress.ts';
import { type Config, readConfig } from '../setup/config.ts';
import { countOf, type Place } from '../setup/count.ts';
import { databaseFile } from '../setup/deps.ts';
import type { Env } from '../setup/env.ts';
import { isNewFolder, placeOf, remark, remarkNearMisses } from '../setup/place.ts';

/** `switchyard check`, beside running servers: everything is read and nothing changed; exit 1 where something is wrong. */
export async function checkCommand({ json }: { json?: boolean }, env: Env): Promise<void> {
  const config = readConfig(env);
  remarkNearMisses(env);
  if (isNewFolder(config))
    throw new StartRefused(
      `DATA_DIR: there is no ${databaseFile(config.DATA_DIR)}; name the folder that the server serves`,
    );
  const findings = await findingsOf(config);
  const place = await placeOf(config);
  if (json) printJson({ ok: findings.found === 0, ...findings });
  else print(findings);
  remark(
    findings.found === 0
      ? `all is well in ${place}`
      : `${findings.found} ${findings.found === 1 ? 'fault' : 'faults'} in ${place}`,
  );
  if (findings.found > 0) process.exitCode = 1;
}

async function findingsOf({ DATA_DIR, MONGODB_URI }: Config): Promise<Findings> {
  const place: Place = MONGODB_URI === undefined ? { file: databaseFile(DATA_DIR) } : { uri: MONGODB_URI };
  // What cannot be counted is what the check is there to tell.
  const total = await countOf(place).catch(() => 0);
  return withProgress('checking', total, async ({ add }) => {
    if ('file' in place) {
      const { checkSqlite } = await import('../../store/sqlite/check.ts');
      return checkSqlite(place.file, collections, add);
    }
    const { checkMongo } = await import('../../store/mongodb/check.ts');
    return checkMongo(place.uri, collections, add);
  });
}

function print({ documents, faults, found }: Findings): void {
  const counts = Object.entries(documents).map(([name, count]) => [name, String(count)]);
  if (counts.length > 0) printTable(['collection', 'documents'], counts);
  for (const fault of faults) process.stdout.write(`${sentenceOf(fault)}\n`);
  if (found > faults.length) process.stdout.write(`and ${found - faults.length} more\n`);
}

function sentenceOf({ collection, orgId, id, what }: Fault): string {
  return `fault: ${collection}${id === null ? '' : ` ${orgId}/${id}`}: ${what}`;
}
