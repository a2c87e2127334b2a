import { parseArgs } from 'node:util';

export const WORKS = ['R1', 'R2', 'Q1', 'Q2', 'Q3', 'W1', 'D1', 'O1'] as const;
export type WorkName = (typeof WORKS)[number];
export const ENGINES = ['sqlite', 'mongodb'] as const;
export type EngineName = (typeof ENGINES)[number];

/** How much there is, and how long it is measured. */
export interface Extent {
  /** Of each round of each contender. */
  seconds: number;
  rounds: number;
  namespaces: number;
  policies: number;
}

export interface Options {
  works: readonly WorkName[];
  engines: readonly EngineName[];
  extents: Record<EngineName, Extent>;
  /** Connections of the reads; writes take 64. */
  connections: number;
  smoke: boolean;
}

const QUICK: Extent = { seconds: 0.2, rounds: 1, namespaces: 1_000, policies: 200 };
/** Less on MongoDB, since the stand-in takes long to be given it: all works end within ten minutes. */
const USUAL: Record<EngineName, Extent> = {
  sqlite: { seconds: 2, rounds: 5, namespaces: 10_000, policies: 10_000 },
  mongodb: { seconds: 3, rounds: 3, namespaces: 1_000, policies: 500 },
};

const USAGE = `npm run bench -- [${WORKS.join(' ')}] [--engine sqlite|mongodb] [--seconds N] [--rounds N] [--connections N]
  [--namespaces N] [--policies N] [--smoke]`;

export function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      engine: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string' },
      namespaces: { type: 'string' },
      policies: { type: 'string' },
      smoke: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const works = WORKS.filter((name) => positionals.length === 0 || positionals.includes(name));
  const engines = ENGINES.filter((name) => values.engine === undefined || values.engine === name);
  const unknown = positionals.some((name) => !WORKS.some((work) => work === name));
  if (values.help || unknown || engines.length === 0) throw new Error(USAGE);
  const { smoke } = values;
  const extentOf = (engine: EngineName): Extent => {
    const usual = smoke ? QUICK : USUAL[engine];
    return {
      seconds: Number(values.seconds ?? usual.seconds),
      rounds: Number(values.rounds ?? usual.rounds),
      namespaces: Number(values.namespaces ?? usual.namespaces),
      policies: Number(values.policies ?? usual.policies),
    };
  };
  return {
    works,
    engines,
    smoke,
    extents: { sqlite: extentOf('sqlite'), mongodb: extentOf('mongodb') },
    connections: Number(values.connections ?? 32),
  };
}

/** Whether what is found is the whole table of an engine, and may be written where it is kept. */
export const isWhole = ({ works, smoke }: Options): boolean => !smoke && works.length === WORKS.length;
