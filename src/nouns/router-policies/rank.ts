import type { Context } from '../../resource/context.ts';
import type { RouterPolicy } from './model.ts';
import { settingsNow } from './settings.ts';

type Ranks = ReadonlyMap<string, number>;
const asked = new WeakMap<Context['loaders'], Promise<Ranks>>();

/** Where the policy stands among those of its org, 1 being looked at first; one read for all that are asked for together. */
export async function rankOf(ctx: Context, policy: RouterPolicy): Promise<number | null> {
  const ranks = asked.get(ctx.loaders) ?? readRanks(ctx);
  asked.set(ctx.loaders, ranks);
  return (await ranks).get(policy.id) ?? null;
}

/** Kept no longer than it takes to read, so that what follows a change in the same request sees the change. */
async function readRanks(ctx: Context): Promise<Ranks> {
  try {
    const { ranked } = await (await settingsNow(ctx)).policies();
    return new Map(ranked.map(({ policy }, at) => [policy.id, at + 1]));
  } finally {
    asked.delete(ctx.loaders);
  }
}
