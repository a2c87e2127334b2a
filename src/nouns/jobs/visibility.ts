import type { Context } from '../../resource/context.ts';
import { NOBODY } from '../../resource/noun.ts';
import type { Planned } from '../../resource/write.ts';
import type { Key } from '../../store/store.ts';
import { jobs } from './model.ts';
import { EVERYBODY } from './told.ts';
import { changeJob } from './transition.ts';

/** A namespace, as far as its jobs need to know. */
interface Shown {
  isPrivate: boolean;
  createdBy: string | null;
}

/** Whom the jobs of a namespace are shown to, beside those who manage namespaces. */
export function visibleTo({ isPrivate, createdBy }: Shown): string {
  return isPrivate ? (createdBy ?? NOBODY) : EVERYBODY;
}

/** More jobs of one namespace than anybody has asked for. */
const JOBS_MAX = 1_000;

/** The jobs of a namespace become as private as it does. */
export async function reshown(ctx: Context, namespace: Shown & Key): Promise<Planned[]> {
  const query = { orgId: namespace.orgId, where: [{ field: 'resourceId', in: [namespace.id] }] };
  const { docs } = await ctx.deps.store.page(jobs.collection, { ...query, order: 'desc', limit: JOBS_MAX });
  return docs.flatMap((job) => changeJob(ctx, job, { visibleTo: visibleTo(namespace) }).planned);
}
