import { parseArgs } from 'node:util';
import { ENGINES, type EngineName, WORKS, type WorkName } from '../peers/options.ts';

export interface LoadOptions {
  works: readonly WorkName[];
  engine: EngineName;
  /** Of the rush. */
  seconds: number;
  /** For each number of connections. */
  calmSeconds: number;
  restSeconds: number;
  namespaces: number;
  policies: number;
  /** Whether what is found may be written where it is kept. */
  isWhole: boolean;
}

const WHOLE_SECONDS = 60;
const USAGE = `npx node bench/load.ts [${WORKS.join(' ')}] [--engine ${ENGINES.join('|')}] [--seconds N] [--rest N]`;

export function readOptions(args: string[]): LoadOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      engine: { type: 'string', default: 'sqlite' },
      seconds: { type: 'string', default: String(WHOLE_SECONDS) },
      calm: { type: 'string', default: '5' },
      rest: { type: 'string', default: '10' },
    },
  });
  const engine = ENGINES.find((name) => name === values.engine);
  const isUnknown = positionals.some((name) => !WORKS.some((work) => work === name));
  if (isUnknown || !engine) throw new Error(USAGE);
  const seconds = Number(values.seconds);
  return {
    works: WORKS.filter((name) => positionals.length === 0 || positionals.includes(name)),
    engine,
    seconds,
    calmSeconds: Number(values.calm),
    restSeconds: Number(values.rest),
    namespaces: 10_000,
    policies: 10_000,
    isWhole: seconds >= WHOLE_SECONDS,
  };
}
