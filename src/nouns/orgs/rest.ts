import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf, select, writeRow } from '../../rest/row.ts';
import { organizations } from './model.ts';

const organization = resourceOf(organizations, { tag: 'Organizations' });

const ONE = '/v1/orgs/{org_id}';

export const organizationRows: Row[] = [
  {
    method: 'GET',
    path: '/v1/me',
    operationId: 'get_me',
    summary: 'Get Me',
    tag: organization.tag,
    status: 200,
    root: 'viewer',
    selection: `{ ${select('actor_id org_id token_id role permissions workspace_ids')} }`,
    shape: (value) => value,
    reply: { name: 'Viewer', kind: 'resource' },
    resource: null,
  },
  listRow(organization, {
    path: '/v1/orgs',
    operationId: 'list_orgs',
    summary: 'List Orgs',
    root: 'orgs',
    key: 'orgs',
    query: listQuery(200),
  }),
  getRow(organization, { path: ONE, operationId: 'get_org', summary: 'Get Org', root: 'organization' }),
  writeRow(organization, {
    method: 'PATCH',
    path: ONE,
    operationId: 'update_org',
    summary: 'Update Org',
    root: 'updateOrganization',
    body: organizations.bodies.update,
    status: 200,
  }),
];
