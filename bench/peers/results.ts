import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { required } from '../../test/required.ts';
import { ENGINES, type EngineName, type Options, type WorkName } from './options.ts';
import type { Cell, Round } from './rounds.ts';
import { type ContenderName, works } from './works.ts';

const NAMES: Record<ContenderName, string> = {
  ours: 'Switchyard, as shipped',
  quiet: 'Switchyard without metrics and access lines',
  raw: 'node:http, by hand',
  fastapi: 'FastAPI',
  mercurius: 'Mercurius with jit',
  apollo: 'Apollo Server',
  yoga: 'graphql-yoga',
};
const MEMORY_GOAL_MIB = 200;

export interface Facts {
  versions: Record<string, string>;
  /** What answered for MongoDB; empty without it. */
  mongodb: string;
  notes: string[];
  /** The machine's load average before the first server was started. */
  load: number;
}

const TITLES: Record<EngineName, string> = { sqlite: '## SQLite', mongodb: '## MongoDB' };

/** What was measured, and of an engine that was not, what stands in an earlier report. */
export function report(cells: readonly Cell[], options: Options, facts: Facts, before = ''): string {
  const parts = ENGINES.map((engine) => {
    const own = cells.filter((cell) => cell.engine === engine);
    return own.length === 0 ? sectionOf(before, engine) : section(engine, own, options, facts);
  });
  return `${[HEADING, ...parts.filter((part) => part !== null)].join('\n\n')}\n`;
}

function sectionOf(report: string, engine: EngineName): string | null {
  const found = report.split(/^(?=## )/m).find((part) => part.startsWith(TITLES[engine]));
  return found?.trimEnd() ?? null;
}

function section(engine: EngineName, own: readonly Cell[], options: Options, facts: Facts): string {
  const name = engine === 'sqlite' ? '' : ` (${facts.mongodb})`;
  const tables = works.flatMap((work) => {
    const rows = own.filter((cell) => cell.work.name === work.name);
    return rows.length > 0 ? [`### ${work.name}: ${work.title}`, table(rows)] : [];
  });
  return [`${TITLES[engine]}${name}`, circumstances(engine, options, facts), ...tables].join('\n\n');
}

const HEADING = [
  '# Results',
  '',
  'Written by `npm run bench` (`bench/peers/`), each engine as it was measured last; not by hand. The machine is shared by server,',
  'load generator and whoever else is at work on it: read ratios, not microseconds.',
  '',
  '- The answers of all servers were compared before any was timed (D1 and O1: ours alone decides, the other only writes).',
  '- µs: processor time of the server’s whole process tree for each answer; the median of the rounds, and the least and most.',
  '  On MongoDB the database’s own time is not in it.',
  '- “ours is”: how many times as fast as that server we are, round by round; by µs, or by answers a second where the clock decides.',
].join('\n');

function circumstances(engine: EngineName, options: Options, facts: Facts): string {
  const { seconds, rounds, namespaces, policies } = options.extents[engine];
  const { connections } = options;
  const versions = Object.entries(facts.versions).map(([name, version]) => `${name} ${version}`);
  const warmUp = engine === 'sqlite' ? '512 to 20,480' : '64 to 2,560';
  return [
    `- ${machineLine(facts.load)}`,
    `- ${versions.join(', ')}.`,
    `- ${rounds} rounds of ${seconds} s for each server and work, interleaved, after a warm-up of ${warmUp} answers; ${connections} kept connections (64 for W1, D1, O1).`,
    `- ${namespaces} namespaces, 100 in each app, 10 apps in each workspace, all of them asked for in turn; ${policies} router policies.`,
    ...(engine === 'mongodb' ? [mongoNote(facts.mongodb)] : []),
    ...(isBeyond('Q3', engine === 'mongodb' ? facts.mongodb : '') ? [`- ${BEYOND}`] : []),
    ...facts.notes.map((note) => `- ${note}`),
  ].join('\n');
}

/** When and where, and how busy it was when the measurement began, and now. */
export function machineLine(load: number): string {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()}`;
  return `${new Date().toISOString().slice(0, 16)}Z, ${machine}, load average ${load.toFixed(1)} at the beginning, ${required(loadavg()[0]).toFixed(1)} at the end.`;
}

/** Whether a database takes longer for what a work asks than anybody would wait. */
export const isBeyond = (work: WorkName, database: string): boolean => work === 'Q3' && database === 'SecantusDB';

const BEYOND =
  'Q3 is left out: for each further page of a pipeline (`$unionWith`) the stand-in reads the whole collection, where MongoDB goes by the index; no answer came within its five seconds.';

export const mongoNote = (kind: string) =>
  kind === 'SecantusDB'
    ? '- MongoDB here is a stand-in: SecantusDB, the server that the tests start where there is no mongod. It is slower than MongoDB; its answers a second say little, the µs of our process more.'
    : `- MongoDB here is ${kind}.`;

function table(rows: readonly Cell[]): string {
  const [ours, ...peers] = rows;
  const lines = [required(ours), ...peers].map((cell) => {
    const { rounds, memoryMiB, name, work, engine } = cell;
    const against = name === 'ours' ? '' : ratio(required(ours), cell);
    const goal = engine === 'sqlite' ? (work.goals[name] ?? '') : '';
    return [
      NAMES[name],
      cost(rounds),
      of(rounds, 'perSecond', 0),
      of(rounds, 'p50', 1),
      of(rounds, 'p99', 1),
      share(rounds),
      memoryMiB === null ? '–' : memory(name, memoryMiB),
      against,
      goal === '' ? '' : `≥ ${goal}`,
    ].join(' | ');
  });
  const head = ['server', 'µs', 'answers a second', 'p50 ms', 'p99 ms', 'refused', 'MiB after', 'ours is', 'goal'];
  return [head.join(' | '), head.map(() => '---').join(' | '), ...lines].map((line) => `| ${line} |`).join('\n');
}

const memory = (name: ContenderName, mib: number) =>
  name === 'ours' ? `${mib.toFixed(0)} (goal ≤ ${MEMORY_GOAL_MIB})` : mib.toFixed(0);

/** By the same round of both, so that what troubled the machine troubles both. */
function ratio(ours: Cell, peer: Cell): string {
  const byClock = ours.work.by === 'clock';
  const ratios = ours.rounds.map((mine, at) => {
    const theirs = required(peer.rounds[at]);
    if (byClock) return mine.perSecond / theirs.perSecond;
    return mine.costUs === null || theirs.costUs === null ? Number.NaN : theirs.costUs / mine.costUs;
  });
  if (!ratios.every(Number.isFinite)) return '–';
  return `${median(ratios).toFixed(2)} × (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
}

function cost(rounds: readonly Round[]): string {
  const costs = rounds.flatMap(({ costUs }) => (costUs === null ? [] : [costUs]));
  if (costs.length === 0) return '–';
  return `${median(costs).toFixed(0)} (${Math.min(...costs).toFixed(0)}–${Math.max(...costs).toFixed(0)})`;
}

const of = (rounds: readonly Round[], key: 'perSecond' | 'p50' | 'p99', digits: number) =>
  median(rounds.map((round) => round[key])).toFixed(digits);

function share(rounds: readonly Round[]): string {
  const refused = rounds.reduce((sum, round) => sum + round.refused, 0);
  const answered = rounds.reduce((sum, round) => sum + round.answered, 0);
  return refused === 0 ? '0' : `${((100 * refused) / (refused + answered)).toFixed(1)} %`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? required(sorted[middle])
    : (required(sorted[middle - 1]) + required(sorted[middle])) / 2;
}
