import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { required } from '../../test/required.ts';
import type { Bed } from '../peers/bed.ts';
import { say } from '../peers/install.ts';
import type { EngineName } from '../peers/options.ts';
import { type Helper, residentMiB } from '../peers/processes.ts';
import { decisions, outcomeOf, type Work, works } from '../peers/works.ts';
import type { Order } from './generator.ts';
import type { LoadOptions } from './options.ts';
import { type Probed, startProbe } from './probe.ts';
import type { Told } from './tally.ts';

export const GENERATOR = join(import.meta.dirname, 'generator.ts');
const CONNECTIONS = [32, 256, 1_000];
/** More than can be under way at once, so that none of them is what keeps requests back. */
const POOL = 3_000;
/** Each outcome needs a decision of its own, which takes longer to make than to report: they are not made for a whole minute. */
const OUTCOMES_SECONDS_MAX = 20;

export interface Calm extends Told {
  connections: number;
}

export interface Rush {
  perSecond: number;
  capacity: number;
  told: Told;
  probed: Probed;
  /** Before, at most, and after the rest. */
  memoryMiB: { before: number; most: number; after: number };
  restSeconds: number;
}

export interface Measured {
  engine: EngineName;
  work: Work;
  calm: Calm[];
  rush: Rush;
}

/** Callers that wait for their answers, then twice as many requests as these could get answered, by the clock. */
export async function measure(work: Work, bed: Bed, load: Helper, options: LoadOptions): Promise<Measured> {
  const { url, pid } = required(bed.servers.ours);
  const target = {
    url,
    headers: { Authorization: `Bearer ${bed.world.token}`, 'Content-Type': 'application/json' },
  };
  const isOutcome = work.name === 'O1';
  const asked = isOutcome ? [] : work.requests(bed.world);
  const ask = (order: Pick<Order, 'connections'> & Partial<Order>) =>
    load.ask<Told>({ ...target, take: isOutcome ? 'stock' : 'endless', requests: asked, ...order } satisfies Order);
  const seconds = isOutcome ? Math.min(options.seconds, OUTCOMES_SECONDS_MAX) : options.seconds;
  /** So many decisions wait to be reported. */
  const prepare = async (amount: number) => {
    if (!isOutcome) return;
    const stock = { id: 'decision_id', request: outcomeOf(bed.world, '[<id>]') };
    await ask({ connections: 64, requests: decisions(bed.world), take: 'endless', amount, stock });
  };

  await prepare(work.warmUp || 3_072);
  await ask({ connections: 32, amount: work.warmUp || 3_072 });
  const calm: Calm[] = [];
  for (const connections of CONNECTIONS) {
    await prepare(options.calmSeconds * 4_000);
    calm.push({ connections, ...(await ask({ connections, seconds: options.calmSeconds })) });
    say(`${work.name} ${connections}: ${JSON.stringify(calm.at(-1))}`);
  }
  const capacity = Math.max(...calm.map(({ answered, seconds }) => answered / seconds));
  const before = required(residentMiB(pid));
  await prepare(Math.ceil(seconds * capacity * 1.1) + POOL);
  const memory = watchMemory(pid);
  const probe = startProbe(target, required(required(works[0]).requests(bed.world)[0]));
  const told = await ask({ connections: POOL, perSecond: capacity * 2, seconds });
  const probed = await probe();
  await sleep(options.restSeconds * 1_000);
  const memoryMiB = { before, most: memory(), after: required(residentMiB(pid)) };
  const rush = { perSecond: capacity * 2, capacity, told, probed, memoryMiB, restSeconds: options.restSeconds };
  say(`${work.name} rush: ${JSON.stringify(rush)}`);
  return { engine: bed.engine, work, calm, rush };
}

function watchMemory(pid: number): () => number {
  let most = 0;
  const look = () => {
    most = Math.max(most, residentMiB(pid) ?? 0);
  };
  const timer = setInterval(look, 200);
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}
