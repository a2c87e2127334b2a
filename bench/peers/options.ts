import { parseArgs } from 'node:util';

export const WORKS = ['R1', 'R2', 'Q1', 'Q2', 'Q3', 'W1', 'D1', 'O1'] as const;
export type WorkName = (typeof WORKS)[number];
export const ENGINES = ['sqlite', 'mongodb'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface Options {
  works: readonly WorkName[];
  engines: readonly EngineName[];
  /** Of each round of each contender. */
  seconds: number;
  rounds: number;
  /** Connections of the reads; writes take 64. */
  connections: number;
  namespaces: number;
  policies: number;
  smoke: boolean;
}

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
  const number = (text: string | undefined, usual: number, quick: number) => Number(text ?? (smoke ? quick : usual));
  return {
    works,
    engines,
    smoke,
    seconds: number(values.seconds, 2, 0.2),
    rounds: number(values.rounds, 5, 1),
    connections: number(values.connections, 32, 32),
    namespaces: number(values.namespaces, 10_000, 1_000),
    policies: number(values.policies, 10_000, 200),
  };
}

/** Whether what is found is the whole table of an engine, and may be written where it is kept. */
export const isWhole = ({ works, smoke }: Options): boolean => !smoke && works.length === WORKS.length;
