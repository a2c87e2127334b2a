import { required } from '../../test/required.ts';
import type { Order } from '../load/generator.ts';
import type { Told } from '../load/tally.ts';
import type { Bed } from './bed.ts';
import { answerOf, type Contender, compareAnswers } from './compare.ts';
import { say } from './install.ts';
import type { EngineName, Extent, Options } from './options.ts';
import { type Helper, processorMs, residentMiB } from './processes.ts';
import { type ContenderName, decisions, isAdmitted, outcomeOf, peersOf, type Sent, type Work } from './works.ts';

export interface Round {
  answered: number;
  refused: number;
  perSecond: number;
  p50: number;
  p99: number;
  /** Of processor time for each answer; null where the system does not tell. */
  costUs: number | null;
}

export interface Cell {
  engine: EngineName;
  work: Work;
  name: ContenderName;
  rounds: Round[];
  memoryMiB: number | null;
}

/** Outcomes of a round: each needs a decision of its own, made before the clock runs. */
const OUTCOMES = { sqlite: 1_024, mongodb: 128 };

/** Compares the answers, warms every server up, then lets them work in turns, each round in another order. */
export async function measure(work: Work, bed: Bed, load: Helper, options: Options): Promise<Cell[]> {
  const names = (['ours', ...peersOf(work, bed.engine)] as const).filter((name) => bed.servers[name]);
  const contenders = names.map((name) => contenderOf(name, bed));
  const requests = work.requests(bed.world);
  await compareAnswers(work, requests, contenders);
  await checkAnswer(work, requests, required(contenders[0]));
  const cells = names.map((name): Cell => ({ engine: bed.engine, work, name, rounds: [], memoryMiB: null }));
  const warmUp = options.smoke ? 64 : bed.engine === 'sqlite' ? work.warmUp : Math.ceil(work.warmUp / 8);
  const extent = options.extents[bed.engine];
  const run = (contender: Contender, amount?: number) =>
    oneRound(work, bed, load, { contender, requests, options, extent, amount });
  for (const contender of contenders) await run(contender, warmUp);
  for (let round = 0; round < extent.rounds; round += 1)
    for (const step of cells.keys()) {
      const at = (step + round) % cells.length;
      required(cells[at]).rounds.push(await run(required(contenders[at])));
    }
  await checkAnswer(work, requests, required(contenders[0]));
  for (const cell of cells) cell.memoryMiB = residentMiB(required(bed.servers[cell.name]).pid);
  say(
    `${bed.engine} ${work.name}: ${cells.map(({ name, rounds }) => `${name} ${brief(required(rounds.at(-1)))}`).join(', ')}`,
  );
  return cells;
}

/** Throws where what was timed is no longer what the work is called. */
async function checkAnswer(work: Work, [first]: readonly Sent[], ours: Contender): Promise<void> {
  if (!work.holds || !first) return;
  const answer = (await answerOf(ours, first)) as Record<string, unknown>;
  if (!work.holds(answer)) throw new Error(`${work.name}: ${JSON.stringify(answer).slice(0, 600)}`);
}

const brief = ({ costUs, perSecond, refused }: Round) =>
  `${costUs?.toFixed(0) ?? '?'} µs ${perSecond.toFixed(0)}/s${refused > 0 ? ` (${refused} refused)` : ''}`;

const contenderOf = (name: ContenderName, { servers, world }: Bed): Contender => ({
  name,
  url: required(servers[name]).url,
  headers: { Authorization: `Bearer ${world.token}`, 'Content-Type': 'application/json' },
});

interface Turn {
  contender: Contender;
  requests: readonly Sent[];
  options: Options;
  extent: Extent;
  /** Of answers; for a time where it is not given. */
  amount: number | undefined;
}

async function oneRound(work: Work, bed: Bed, load: Helper, turn: Turn): Promise<Round> {
  const { contender, options, extent } = turn;
  const { pid } = required(bed.servers[contender.name as ContenderName]);
  const usual = options.smoke ? 64 : OUTCOMES[bed.engine];
  const outcomes = work.name === 'O1' ? await outcomesFor(bed, contender, turn.amount ?? usual) : null;
  const amount = outcomes?.length ?? turn.amount;
  const before = processorMs(pid);
  const { answered, seconds, refused, other, answers } = await load.ask<Told>({
    url: contender.url,
    headers: contender.headers,
    connections: work.connections ?? options.connections,
    take: outcomes ? 'once' : 'endless',
    requests: outcomes ?? turn.requests,
    ...(amount === undefined ? { seconds: extent.seconds } : { amount }),
  } satisfies Order);
  const after = processorMs(pid);
  const isTold = before !== null && after !== null && answered > 0;
  return {
    answered,
    refused: refused + other,
    perSecond: answered / seconds,
    ...answers,
    costUs: isTold ? ((after - before) * 1_000) / answered : null,
  };
}

async function outcomesFor({ world }: Bed, contender: Contender, count: number): Promise<Sent[]> {
  const wanted = decisions(world, count);
  const outcomes: Sent[] = [];
  const worker = async () => {
    for (let sent = wanted.pop(); sent; sent = wanted.pop()) {
      const decision = (await answerOf(contender, sent)) as { decision_id: string; admitted: boolean };
      // One that was refused has no outcome: whoever reports one is refused as well.
      if (contender.name === 'ours' && !isAdmitted(decision)) throw new Error(`O1: ${JSON.stringify(decision)}`);
      outcomes.push(outcomeOf(world, decision.decision_id));
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  return outcomes;
}
