import { defineNode, edge, listOn } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { PROGRESS } from '../../graphql/wire.ts';
import { orgWide } from '../../resource/list.ts';
import { organizations } from '../orgs/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { jobs } from './model.ts';
import { JobStatus } from './status.ts';

defineNode(jobs, 'Long work: asked for by a request, done step by step.', (t) => ({
  jobId: t.exposeString('id', { description: 'The documented id.' }),
  orgId: t.exposeString('orgId', { description: 'The organization.' }),
  kind: t.exposeString('kind', { description: 'What it does: `reindex`.' }),
  status: t.expose('status', { type: JobStatus, description: 'How far it is.' }),
  progress: t.field({
    ...PROGRESS,
    description: '`{total, done, failed, percent}`.',
    resolve: (job) => job.progress as unknown as Record<string, unknown>,
  }),
  resourceType: t.exposeString('resourceType', { description: 'The kind of thing it works on.' }),
  resourceId: t.exposeString('resourceId', { description: 'The thing.' }),
  workspaceId: t.exposeString('workspaceId', { nullable: true, description: 'The workspace that it lies in.' }),
  error: t.exposeString('error', { nullable: true, description: 'Why it failed.' }),
  workspace: edge(t, workspaces, 'The workspace.', (job) => job.workspaceId),
}));

rootNode(jobs, 'job');
rootList(jobs, 'jobs', { description: 'The long work of the organization.', list: orgWide('jobs') });

listOn(organizations, 'jobs', jobs, 'Its long work.', orgWide('jobs'));
