/** The product beside its peers, on the same data: `npm run bench`, `npm run bench -- R1 Q2 --seconds 2 --rounds 3`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { required } from '../../test/required.ts';
import { GENERATOR } from '../load/measure.ts';
import { seedOnce, setUp } from './bed.ts';
import { HERE, installPeers, say, versions } from './install.ts';
import { isWhole, readOptions } from './options.ts';
import { startHelper } from './processes.ts';
import { type Facts, isBeyond, report } from './results.ts';
import { type Cell, measure } from './rounds.ts';
import { type ContenderName, works } from './works.ts';

const options = readOptions(process.argv.slice(2));
const installed = installPeers();
const chosen = works.filter(({ name }) => options.works.includes(name));
const names = new Set<ContenderName>(chosen.flatMap(({ peers }) => peers));
if (!installed.python) names.delete('fastapi');
const facts: Facts = { versions: versions(installed), mongodb: '', notes: [], load: required(loadavg()[0]) };
if (!installed.python) facts.notes.push('FastAPI was left out: its Python environment cannot be made here.');

// Whoever interrupts it leaves no server behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
// On the disk that temporary files are on: durable writes mean nothing where that is memory.
const folder = mkdtempSync(join(tmpdir(), 'switchyard-peers-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const load = startHelper(GENERATOR);
const cells: Cell[] = [];
try {
  for (const engine of options.engines) {
    say('Making the data …');
    const place = join(folder, engine);
    const world = await seedOnce(place, options.extents[engine]);
    const bed = await setUp(engine, place, world, names);
    if (typeof bed === 'string') {
      facts.notes.push(bed);
      continue;
    }
    facts.mongodb ||= bed.database;
    try {
      for (const work of chosen)
        if (!isBeyond(work.name, bed.database)) cells.push(...(await measure(work, bed, load, options)));
    } finally {
      await bed.stop();
    }
  }
} finally {
  load.stop();
}
const RESULTS = join(HERE, '..', 'RESULTS.md');
if (isWhole(options)) writeFileSync(RESULTS, report(cells, options, facts, readFileSync(RESULTS, 'utf8')));
const text = report(cells, options, facts);
say(`\n${text}`);
