import { reindexNamespaceInput } from '../../nouns/namespaces/model.ts';
import { reindexNamespace } from '../../nouns/namespaces/reindex.ts';
import { type Claimed, claimWorkItems } from '../../nouns/work-items/claim.ts';
import { claimInput, type Reported, reportInput, TRIES_MAX } from '../../nouns/work-items/model.ts';
import { reportWorkItems } from '../../nouns/work-items/report.ts';
import type { Context } from '../../resource/context.ts';
import { expected } from '../../words/expected.ts';
import { REINDEXES } from './content.ts';

/** Long work of both kinds that a person wants to see: one that comes on while they look, and one that has failed, with its reason. */
export async function makeReindexes(ctx: () => Context, namespaceIds: ReadonlyMap<string, string>): Promise<void> {
  const { running, failed } = REINDEXES;
  const idOf = (name: string) => expected(namespaceIds.get(name), `namespace ${name}`);
  const jobId = await begin(ctx, idOf(running.namespace), running.to);
  await report(ctx, await claim(ctx(), jobId, running.done), { status: 'done' });
  const failing = await begin(ctx, idOf(failed.namespace), failed.to);
  for (let tries = 0; tries < TRIES_MAX; tries += 1)
    await report(ctx, await claim(ctx(), failing, 100), { status: 'failed', error: failed.error });
}

async function begin(ctx: () => Context, namespaceId: string, newEmbeddingModelId: string): Promise<string> {
  const asked = ctx();
  const { namespace } = await reindexNamespace(
    asked,
    reindexNamespaceInput.parse({ namespaceId, newEmbeddingModelId }),
  );
  return expected(namespace.reindexJobId, 'job of the reindex');
}

/** Who holds the items, as a person reads it. */
const WORKER = 'the demo';

export async function claim(ctx: Context, jobId: string, limit: number): Promise<Claimed[]> {
  return (await claimWorkItems(ctx, claimInput.parse({ jobId, limit, worker: WORKER }))).items;
}

export async function report(
  ctx: () => Context,
  claimed: readonly Claimed[],
  what: Pick<Reported, 'status' | 'error'>,
): Promise<void> {
  const results = claimed.map(({ item }) => ({ itemId: item.id, lease: item.lease, ...what }));
  if (results.length > 0) await reportWorkItems(ctx(), reportInput.parse({ results }));
}
