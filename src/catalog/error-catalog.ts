import { builder } from '../graphql/builder.ts';
import { REFUSAL_GUIDE } from '../routing/refusal-guide.ts';
import { type CatalogEntry, CONFLICT_GUIDE, ERROR_GUIDE, type Guide, KINDS, RETRIES } from '../words/error-guide.ts';
import { ERRORS, type ErrorCode } from '../words/errors.ts';

/** Everything that can be refused, and what to do about it: the graph, OpenAPI and `/docs/errors` show the same. */
export const errorCatalog: readonly CatalogEntry[] = [
  ...entries('ERROR', ERROR_GUIDE, (code) => ERRORS[code as ErrorCode]?.status ?? null),
  ...entries('CONFLICT_REASON', CONFLICT_GUIDE, () => ERRORS.CONFLICT.status),
  ...entries('REFUSAL', REFUSAL_GUIDE, () => null),
];

function entries(
  kind: CatalogEntry['kind'],
  guides: Readonly<Record<string, Guide>>,
  statusOf: (code: string) => number | null,
): CatalogEntry[] {
  return Object.entries(guides).map(([code, guide]) => ({ kind, code, status: statusOf(code), ...guide }));
}

const Kind = builder.enumType('ErrorKind', {
  description: 'Where an error’s code stands.',
  values: described(KINDS),
});

const RetryType = builder.enumType('ErrorRetry', {
  description: 'Whether the same request may succeed when it is sent again.',
  values: described(RETRIES),
});

function described<K extends string>(texts: Readonly<Record<K, string>>): Record<K, { description: string }> {
  return Object.fromEntries(Object.entries(texts).map(([name, description]) => [name, { description }])) as never;
}

const Entry = builder.objectRef<CatalogEntry>('ErrorCatalogEntry').implement({
  description: 'One thing that can be refused: why, and what to do about it.',
  fields: (t) => ({
    kind: t.expose('kind', { type: Kind, description: 'Where the code stands.' }),
    code: t.exposeString('code', { description: 'The code, as answers have it.' }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'The HTTP status; null for refusals, and for what is wrong with a GraphQL document.',
    }),
    cause: t.exposeString('cause', { description: 'Why it comes.' }),
    fix: t.exposeString('fix', { description: 'What to do.' }),
    retry: t.expose('retry', { type: RetryType, description: 'Whether the same request may succeed again.' }),
    permission: t.exposeString('permission', {
      nullable: true,
      description: 'What whoever mends it must be allowed; null: nothing beyond the request itself.',
    }),
  }),
});

builder.queryField('errorCatalog', (t) =>
  t.field({
    type: [Entry],
    description: 'Every error, conflict and refusal that this server may answer, with its cause and its cure.',
    resolve: () => [...errorCatalog],
  }),
);
