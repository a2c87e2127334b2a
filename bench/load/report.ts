import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { required } from '../../test/required.ts';
import type { Bed } from '../peers/bed.ts';
import { WORKS } from '../peers/options.ts';
import { machineLine, mongoNote } from '../peers/results.ts';
import type { Calm, Measured, Rush } from './measure.ts';
import type { LoadOptions } from './options.ts';
import type { Spread } from './tally.ts';

const FILE = join(import.meta.dirname, '..', 'LOAD.md');
const HEAD = `# Under load

Written by \`npx node bench/load.ts\` (\`bench/load/\`), work by work; not by hand. Server and load generator share the machine's
cores with whoever else is at work on it: of a work that costs the server little, the generator takes more than the server.

- Callers that wait: so many connections, each of which asks again at once when it is answered; 10,000 namespaces, 10,000 policies.
- Twice the capacity: so many requests a second as the clock says, whatever comes back, twice the most of the callers above,
  each on a connection of its own out of 3,000 open ones (outcomes for 20 s, as each needs a decision of its own). What is due while
  none is free is not sent: of a work that 3,000 can be answered of in time nothing has to be refused. Answers and refusals are timed from the moment they were sent.
- Newcomers: meanwhile a connection each 100 ms, which asks \`/health/live\` and then for one namespace.
- The generator: what share of a core it took, what it could not send, and how late it was by its own clock.
`;

/** The load average, read before the server starts. */
export const beginSection = (): number => required(loadavg()[0]);

/** The section of one work, which takes the place of the one before. */
export function writeSection(measured: Measured, bed: Bed, options: LoadOptions, load: number): string {
  const text = section(measured, bed, options, load);
  if (options.isWhole) writeFileSync(FILE, merged(existsSync(FILE) ? readFileSync(FILE, 'utf8') : HEAD, text));
  return text;
}

function merged(file: string, text: string): string {
  const titleOf = (one: string) => one.slice(0, one.indexOf(':'));
  const others = file
    .split(/^(?=## )/m)
    .slice(1)
    .filter((one) => titleOf(one) !== titleOf(text))
    .map((one) => one.trim());
  const place = (one: string) =>
    `${one.includes('on MongoDB') ? 1 : 0}${WORKS.findIndex((name) => one.startsWith(`## ${name}`))}`;
  const all = [...others, text].sort((a, b) => (place(a) < place(b) ? -1 : 1));
  return `${[HEAD.trim(), ...all].join('\n\n')}\n`;
}

function section({ work, engine, calm, rush }: Measured, bed: Bed, options: LoadOptions, load: number): string {
  return [
    `## ${work.name}${engine === 'mongodb' ? ' on MongoDB' : ''}: ${work.title}`,
    [
      machineLine(load),
      `node ${process.versions.node}, sqlite ${process.versions.sqlite}; ${options.calmSeconds} s for each number of callers.`,
    ].join(' '),
    ...(bed.database ? [mongoNote(bed.database).slice(2)] : []),
    calmTable(calm),
    rushTable(rush),
  ].join('\n\n');
}

const table = (rows: readonly (readonly string[])[]): string =>
  rows
    .flatMap((row, at) => (at === 0 ? [row, row.map(() => '---')] : [row]))
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const calmTable = (calm: readonly Calm[]): string =>
  table([
    ['callers that wait', 'answers a second', 'p50 ms', 'p99 ms', 'refused', 'failed', 'the generator'],
    ...calm.map(({ connections, answered, seconds, answers, refused, other, generatorShare }) => [
      count(connections),
      count(answered / seconds),
      answers.p50.toFixed(0),
      answers.p99.toFixed(0),
      count(refused),
      count(other),
      percent(generatorShare),
    ]),
  ]);

function rushTable({ told, perSecond, capacity, probed, memoryMiB, restSeconds }: Rush): string {
  const { before, most, after } = memoryMiB;
  const sent = told.sent / (told.sent + told.unsent);
  return table([
    [`twice the capacity: ${count(perSecond)} a second for ${told.seconds.toFixed(0)} s`, 'found', 'promised'],
    ['answered within 500 ms, of the capacity', (told.inTime / told.seconds / capacity).toFixed(2), '≥ 0.8'],
    ['answers', `${count(told.answered)}; ${spread(told.answers)}`, ''],
    ['refusals', `${count(told.refused)}; ${spread(told.refusals)}`, '≤ 50 ms'],
    ['failed otherwise', count(told.other), '0'],
    ['newcomers let in and told that it lives', `${probed.live} of ${probed.opened}; ${spread(probed.liveMs)}`, 'all'],
    ['their reads', `${probed.read} answered, ${probed.readRefused} refused; ${spread(probed.readMs)}`, ''],
    [
      `memory before, at most, ${restSeconds} s afterwards`,
      `${[before, most, after].map((mib) => mib.toFixed(0)).join(', ')} MiB`,
      '≤ 512 MiB, and back',
    ],
    [
      'the generator',
      `${percent(told.generatorShare)} of a core, sent ${(sent * 100).toFixed(1)} %, late by ${spread(told.lateness)}`,
      '',
    ],
  ]);
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
const spread = ({ p50, p99 }: Spread): string => `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`;
