import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import type { Context } from '../../resource/context.ts';
import { may } from '../../resource/noun.ts';
import { organizations } from '../orgs/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { cancelJobInput, jobs, retryJobInput, updateJobInput } from './model.ts';
import { progressNow } from './progress.ts';
import { cancelJob, retryJob, updateJob } from './repository.ts';
import { EVERYBODY } from './told.ts';

defineNode(
  jobs,
  'Long work: asked for by a request, done step by step.',
  (t) => ({ workspace: edge(t, workspaces, 'The workspace.', (job) => job.workspaceId) }),
  { progress: (job, ctx) => (job.kind === 'reindex' ? progressNow(ctx, job.id, job.progress) : job.progress) },
);

rootNode(jobs, 'job');
/** All of the organization but what is done for private namespaces of others. */
const ofOrg = (_: object, { principal }: Context) => {
  const shown = may(principal, 'namespaces:manage')
    ? [[]]
    : [EVERYBODY, principal.actorId].map((id) => [{ field: 'visibleTo', in: [id] }]);
  return { name: 'jobs', where: [], totals: shown.map((where) => ({ sign: 1 as const, where })) };
};

rootList(jobs, 'jobs', { description: 'The long work of the organization.', list: ofOrg });

listOn(organizations, 'jobs', jobs, 'Its long work.', ofOrg);
const payload = { job: { type: refOf(jobs), description: 'The job.' } };

mutation('retryJob', {
  permission: 'jobs:update',
  description: 'Runs again what has failed.',
  input: retryJobInput,
  payload,
  resolve: retryJob,
});

mutation('updateJob', {
  permission: 'jobs:update',
  description: 'Says what the vectors of a reindex have to reach, as long as it is pending or running.',
  input: updateJobInput,
  changes: jobs,
  payload,
  resolve: updateJob,
});

mutation('cancelJob', {
  permission: 'jobs:update',
  description: 'Calls a job off that is pending or running.',
  input: cancelJobInput,
  payload,
  resolve: cancelJob,
});
