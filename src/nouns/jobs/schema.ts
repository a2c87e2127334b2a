import { defineNode, edge, listOn } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { orgWide } from '../../resource/list.ts';
import { organizations } from '../orgs/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { jobs } from './model.ts';

defineNode(jobs, 'Long work: asked for by a request, done step by step.', (t) => ({
  workspace: edge(t, workspaces, 'The workspace.', (job) => job.workspaceId),
}));

rootNode(jobs, 'job');
rootList(jobs, 'jobs', { description: 'The long work of the organization.', list: orgWide('jobs') });

listOn(organizations, 'jobs', jobs, 'Its long work.', orgWide('jobs'));
