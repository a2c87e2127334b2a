import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { nounRows, type Row, resourceOf, withSecret } from '../../rest/row.ts';
import { rotateTokenBody, tokens } from './model.ts';

const kept = { tag: 'Tokens', conditional: false, documented: true } as const;
const token = resourceOf(tokens, kept);
const LIST = '/v1/orgs/{org_id}/tokens';

/** The reply that shows the secret once, beside the token itself. */
const shownOnce = withSecret(token, 'token');

const rows = nounRows(tokens, { ...kept, list: LIST, many: 'tokens', query: listQuery(200) });

export const tokenRows: Row[] = [
  ...rows.map((row) => (row.operationId === 'create_token' ? { ...row, ...shownOnce } : row)),
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
    ...shownOnce,
  },
];
