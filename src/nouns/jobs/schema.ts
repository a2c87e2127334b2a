import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { orgWide } from '../../resource/list.ts';
import { organizations } from '../orgs/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { cancelJobInput, jobs, retryJobInput } from './model.ts';
import { cancelJob, retryJob } from './repository.ts';

defineNode(jobs, 'Long work: asked for by a request, done step by step.', (t) => ({
  workspace: edge(t, workspaces, 'The workspace.', (job) => job.workspaceId),
}));

rootNode(jobs, 'job');
rootList(jobs, 'jobs', { description: 'The long work of the organization.', list: orgWide('jobs') });

listOn(organizations, 'jobs', jobs, 'Its long work.', orgWide('jobs'));
const payload = { job: { type: refOf(jobs), description: 'The job.' } };

mutation('retryJob', {
  permission: 'jobs:update',
  description: 'Runs again what has failed.',
  input: retryJobInput,
  payload,
  resolve: retryJob,
});

mutation('cancelJob', {
  permission: 'jobs:update',
  description: 'Calls a job off that is pending or running.',
  input: cancelJobInput,
  payload,
  resolve: cancelJob,
});
