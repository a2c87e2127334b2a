import fc from 'fast-check';
import { rows } from '../src/catalog/nouns.ts';
import { required } from './required.ts';

/** A command as either door can be told it; `app#0` is the first app made so far, in whichever org. */
export interface Command {
  operationId: string;
  parameters: Record<string, string>;
  body?: Record<string, unknown>;
  stale: boolean;
}

export const byId = new Map(rows.map((row) => [row.operationId, row]));

const handle = (kind: string) => fc.constantFrom(0, 0, 0, 1, 2).map((at) => `${kind}#${at}`);
const name = fc.constantFrom('A', 'a', 'B', 'É', 'e\u0301', '', 'x'.repeat(256));
const note = fc.option(fc.constantFrom('', 'text'));
const some = fc.constantFrom;
const slug = some('m1', 'chat-search', 'embed-search', 'embed-search', 'absent');
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) =>
  fc.record(fields as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] });
const full = (fields: Record<string, fc.Arbitrary<unknown>>, more: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.tuple(fc.record(fields), optional(more)).map(([first, second]) => ({ ...first, ...second }));
const IN_WORKSPACE = { workspace_id: fc.constant('ws#0') };
const IN_APP = { ...IN_WORKSPACE, app_id: handle('app') };
const NAMESPACE = { ...IN_APP, namespace_id: handle('ns') };
const target = fc.record({ provider_account_id: handle('pa'), upstream_model: some('u'), weight: some(1, 0) });

type Shape = [
  operationId: string,
  parameters: Record<string, fc.Arbitrary<string>>,
  body?: fc.Arbitrary<Record<string, unknown>>,
];
export const shapes: Shape[] = [
  ['create_app', IN_WORKSPACE, full({ name }, { description: note, tags: some([], ['t']) })],
  ['update_app', IN_APP, optional({ name, description: note })],
  ['delete_app', IN_APP],
  ['create_environment', IN_WORKSPACE, full({ name }, { is_default: fc.boolean() })],
  [
    'update_environment',
    { ...IN_WORKSPACE, environment_id: handle('env') },
    optional({ name, is_default: fc.boolean() }),
  ],
  ['delete_environment', { ...IN_WORKSPACE, environment_id: handle('env') }],
  [
    'create_namespace',
    IN_APP,
    full({ name, environment_id: handle('env') }, { embedding_model_id: slug, is_private: fc.boolean() }),
  ],
  ['update_namespace', NAMESPACE, optional({ name, description: note, embedding_model_id: fc.option(slug) })],
  ['delete_namespace', NAMESPACE],
  ['add_thread_to_namespace', { ...NAMESPACE, thread_id: some('t1', 't1', 't2') }],
  ['remove_thread_from_namespace', { ...NAMESPACE, thread_id: some('t1', 't1', 't2') }],
  ['reindex_namespace', NAMESPACE, full({ new_embedding_model_id: slug })],
  ['cancel_reindex', NAMESPACE],
  [
    'grant_model_entitlement',
    IN_WORKSPACE,
    full({ logical_model_id: slug }, { workspace_limits: some({}, { max_concurrency: 1 }, { max_concurrency: -1 }) }),
  ],
  [
    'update_model_entitlement',
    { ...IN_WORKSPACE, logical_model_id: slug },
    optional({ enabled: fc.boolean(), allowed_purposes: some(null, [], ['p']) }),
  ],
  ['revoke_model_entitlement', { ...IN_WORKSPACE, logical_model_id: slug }],
  [
    'create_logical_model',
    {},
    full(
      { logical_model_id: slug, name, category: some('chat', 'embedding') },
      { targets: fc.array(target, { maxLength: 1 }), fallback: fc.option(slug) },
    ),
  ],
  [
    'update_logical_model',
    { logical_model_id: slug },
    optional({ fallback: fc.option(slug), enabled: fc.boolean(), targets: fc.array(target, { maxLength: 1 }) }),
  ],
  ['delete_logical_model', { logical_model_id: slug }],
  [
    'create_provider_account',
    {},
    full(
      { name, provider_type: some('openai', 'anthropic'), credentials_ref: some('env:A', 'sk-abcdefghijklmnop') },
      { routing_mode: some('direct', 'bridge') },
    ),
  ],
  [
    'update_provider_account',
    { provider_account_id: handle('pa') },
    optional({ enabled: fc.boolean(), quota_policy: fc.record({ max_requests_per_month: some(null, 1, 5) }) }),
  ],
  ['delete_provider_account', { provider_account_id: handle('pa') }],
  [
    'create_router_policy',
    {},
    full(
      { name, match: some({}, { purpose: 'p' }, { tags: { a_b: 'c' } }), route_to: slug },
      { fallback: fc.option(slug), priority: some(0, 5, 1001) },
    ),
  ],
  [
    'update_router_policy',
    { policy_id: handle('pol') },
    optional({
      enabled: fc.boolean(),
      match: some({ purpose: null }, { tags: { a_b: null } }),
      fallback: fc.option(slug),
    }),
  ],
  ['delete_router_policy', { policy_id: handle('pol') }],
  [
    'decide',
    {},
    full(
      { workspace_id: some('ws#0', 'absent') },
      { purpose: some('p', null), logical_model_id: slug, estimated_input_tokens: some(0, 10, -1) },
    ),
  ],
];
/** Any one of them, with values that are good, bad or taken. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  ...shapes.map(([operationId, parameters, body]) =>
    fc.record({
      operationId: fc.constant(operationId),
      parameters: fc.record(parameters),
      body: body ?? fc.constant(undefined),
      stale:
        required(byId.get(operationId)).method === 'POST'
          ? fc.constant(false)
          : fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  ),
);

const ns = { workspace_id: 'ws#0', app_id: 'app#0', namespace_id: 'ns#0' };
/** Every command once, and each of them done; the random ones come on top. */
const script: [operationId: string, parameters: Record<string, string>, body?: Record<string, unknown>][] = [
  ['add_thread_to_namespace', { ...ns, thread_id: 't1' }],
  ['reindex_namespace', ns, { new_embedding_model_id: 'embed-search' }],
  ['cancel_reindex', ns],
  ['remove_thread_from_namespace', { ...ns, thread_id: 't1' }],
  ['update_namespace', ns, { description: 'text' }],
  ['create_app', ns, { name: 'B' }],
  ['update_app', ns, { name: 'A' }],
  ['create_environment', ns, { name: 'B', is_default: true }],
  ['update_environment', { ...ns, environment_id: 'env#0' }, { name: 'A' }],
  ['create_namespace', ns, { name: 'B', environment_id: 'env#0' }],
  ['delete_namespace', ns],
  ['delete_namespace', { ...ns, namespace_id: 'ns#1' }],
  ['delete_environment', { ...ns, environment_id: 'env#0' }],
  ['delete_app', ns],
  ['decide', {}, { workspace_id: 'ws#0' }],
  ['grant_model_entitlement', ns, { logical_model_id: 'embed-search' }],
  ['update_model_entitlement', { ...ns, logical_model_id: 'embed-search' }, { enabled: false }],
  ['revoke_model_entitlement', { ...ns, logical_model_id: 'embed-search' }],
  ['create_logical_model', {}, { logical_model_id: 'm1', name: 'A', category: 'chat' }],
  ['update_logical_model', { logical_model_id: 'm1' }, { fallback: 'chat-search' }],
  ['delete_logical_model', { logical_model_id: 'm1' }],
  ['create_provider_account', {}, { name: 'B', provider_type: 'openai', credentials_ref: 'env:A' }],
  ['update_provider_account', { provider_account_id: 'pa#1' }, { enabled: false }],
  ['delete_provider_account', { provider_account_id: 'pa#1' }],
  ['create_router_policy', {}, { name: 'B', match: { purpose: 'p' }, route_to: 'chat-search' }],
  ['update_router_policy', { policy_id: 'pol#0' }, { enabled: false }],
  ['delete_router_policy', { policy_id: 'pol#0' }],
];
export const everything: Command[] = script.map(([operationId, parameters, body]) => ({
  operationId,
  parameters,
  body,
  stale: false,
}));
