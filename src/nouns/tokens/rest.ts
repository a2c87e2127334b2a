import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { crudRows, type Resource, type Row, select } from '../../rest/row.ts';
import { createTokenBody, rotateTokenBody, updateTokenBody } from './model.ts';

const token: Resource = {
  type: 'Token',
  tag: 'Tokens',
  payload: 'token',
  documented: { input: createTokenBody },
  conditional: false,
  fields: select(
    'token_id org_id name role=roleName permissions workspace_ids member_id expires_at rate_limit_per_minute prefix last_used_at revoked_at created_by created_at updated_at',
  ),
};

const LIST = '/v1/orgs/{org_id}/tokens';

/** The reply that shows the secret once, beside the token itself. */
const withSecret = {
  selection: `{ resource: token { ${token.fields} } secret }`,
  shape: ({ resource, secret }: { resource: object; secret: string | null }) => ({ ...resource, token: secret }),
  reply: { name: 'TokenWithSecret', kind: 'resource' },
} as const;

const rows = crudRows(token, {
  list: LIST,
  parameter: 'token_id',
  one: 'token',
  many: 'tokens',
  roots: { one: 'token', many: 'tokens' },
  query: listQuery(200),
  create: createTokenBody,
  update: updateTokenBody,
});

export const tokenRows: Row[] = [
  ...rows.map((row) => (row.operationId === 'create_token' ? { ...row, ...withSecret } : row)),
  {
    method: 'POST',
    path: `${LIST}/{token_id}/rotate`,
    operationId: 'rotate_token',
    summary: 'Rotate Token',
    tag: token.tag,
    status: 200,
    root: 'rotateToken',
    body: rotateTokenBody,
    bodyOptional: true,
    resource: 'token',
    ...withSecret,
  },
];
