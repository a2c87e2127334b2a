/**
 * Each work under load: callers that wait for their answers (32, 256 and 1,000 of them), then for a minute twice as many
 * requests as they could get answered, sent by the clock: `npx node bench/load.ts`, `npx node bench/load.ts W1 --seconds 10`.
 * Each work has a server of its own; a whole minute is written into `LOAD.md`, work by work.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GENERATOR, measure } from './load/measure.ts';
import { readOptions } from './load/options.ts';
import { beginSection, writeSection } from './load/report.ts';
import { seedOnce, setUp } from './peers/bed.ts';
import { say } from './peers/install.ts';
import { startHelper } from './peers/processes.ts';
import { works } from './peers/works.ts';

const options = readOptions(process.argv.slice(2));
// Whoever interrupts it leaves no server behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
// On the disk that temporary files are on: durable writes mean nothing where that is memory.
const folder = mkdtempSync(join(tmpdir(), 'switchyard-load-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
say('Making the data …');
const world = await seedOnce(folder, options);
for (const work of works.filter(({ name }) => options.works.includes(name))) {
  const section = beginSection();
  const own = join(folder, work.name);
  cpSync(join(folder, 'seed'), join(own, 'seed'), { recursive: true });
  const bed = await setUp(options.engine, own, world, new Set());
  if (typeof bed === 'string') throw new Error(bed);
  const load = startHelper(GENERATOR);
  try {
    const measured = await measure(work, bed, load, options);
    say(writeSection(measured, bed, options, section));
  } finally {
    load.stop();
    await bed.stop();
  }
}
