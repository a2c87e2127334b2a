import type { Context } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import { organizations } from './model.ts';

/** The org's document as a condition: changes that name it are made one after the other. */
export function orgFence(ctx: Context): Planned {
  const { orgId } = ctx.principal;
  return { change: { type: 'exists', in: organizations.collection, key: { orgId, id: orgId } } };
}
