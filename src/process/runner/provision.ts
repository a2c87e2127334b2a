import { settleBucket, wantedBucket } from '../../nouns/jobs/bucket.ts';
import type { Deps } from '../../resource/context.ts';
import { within } from '../buckets/call.ts';
import { bucketNameOf } from '../buckets/name.ts';
import { reasonOf } from '../buckets/reason.ts';
import type { Lease } from '../scheduler/lease.ts';
import type { Outcome } from '../scheduler/scheduler.ts';
import { systemContext } from '../setup/system.ts';

/** Shorter than a lease, so that its end is told under it. */
const CALL_MS = 20_000;
/** The failure after which a bucket is `failed`, until somebody asks again. */
const TRIES_MAX = 5;

/** Makes the bucket of a workspace; its change, its job and the end of the task are one commit. */
export function createProvision(deps: Deps, callMs = CALL_MS) {
  return async (lease: Lease): Promise<Outcome> => {
    const { task, signal } = lease;
    const ctx = systemContext(deps, task.targetOrgId);
    const { workspace } = await wantedBucket(ctx, task);
    if (!workspace) return 'done';
    const bucket = bucketNameOf(workspace.id, deps.provisioner.prefix);
    try {
      await within(callMs, signal, (heed) => deps.provisioner.provision(bucket, workspace.region, heed));
    } catch (error) {
      if (signal.aborted || task.tries + 1 < TRIES_MAX) throw error;
      deps.log.warn({ err: error, workspaceId: workspace.id }, 'cannot make the bucket of a workspace');
      await settleBucket(ctx, lease.task, lease.end, { reason: reasonOf(error) });
      return 'ended';
    }
    await settleBucket(ctx, lease.task, lease.end, { bucket });
    return 'ended';
  };
}
