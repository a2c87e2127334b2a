import { heldBy, type Json, nameOf } from './references.ts';

const TAIL = '01jgfjjz00q5v3n8k2w7c4x9ta';

/** What the fields of the domain look like, by name; for others their type says enough. */
const BY_NAME: Record<string, unknown> = {
  ...Object.fromEntries(
    Object.entries({
      organization_id: 'org_',
      org_id: 'org_',
      workspace_id: 'ws_',
      app_id: 'app_',
      environment_id: 'env_',
      namespace_id: 'ns_',
      provider_account_id: 'pa_',
      policy_id: 'pol_',
      entitlement_id: 'ent_',
      token_id: 'tok_',
      member_id: 'mem_',
      role_id: 'role_',
      decision_id: 'dec_',
      job_id: 'job_',
      event_id: 'evt_',
      request_id: 'req_',
      actor_id: 'mem_',
      created_by: 'mem_',
      granted_by: 'mem_',
    }).map(([name, prefix]) => [name, prefix + TAIL]),
  ),
  resource_type: 'workspace',
  resource_id: `ws_${TAIL}`,
  logical_model_id: 'gpt-4o',
  route_to: 'gpt-4o',
  upstream_model: 'gpt-4o-2024-11-20',
  embedding_model_id: 'text-embedding-3-large',
  new_embedding_model_id: 'text-embedding-3-large',
  name: 'Support',
  description: 'Answers the questions of customers.',
  email: 'ada@example.com',
  region: 'eu-central-1',
  credentials_ref: 'env:OPENAI_API_KEY',
  url: 'https://example.com/hooks',
  types: ['namespace.*', 'breaker.opened'],
  usage_period: '2025-01',
  action: 'workspace.update',
  kind: 'reindex',
  permission: 'namespaces:read',
  permissions: ['namespaces:read', 'decisions:*'],
  prefix: 'mm_tok_4fT9kQ2xZb7L',
  message: 'Namespace created successfully',
  context: { endpoint_type: 'chat', requires_streaming: true },
  workspace_limits: { requests_per_minute: 600 },
  success: true,
};
const TIME = '2025-01-01T00:00:00.000Z';
const SHORT = 3;

/** A plausible value of a schema; of a body only what must be sent, or a few fields of those that may be. */
export function exampleOf(schema: Json, schemas: Record<string, Json>, isBody: boolean): unknown {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Json>);
  const writable = properties.filter(([, property]) => !property.readOnly);
  const required = (schema.required ?? []) as string[];
  const needed = writable.filter(([name]) => required.includes(name));
  const shown = isBody ? (needed.length > 0 ? needed : writable.slice(0, SHORT)) : properties;
  return Object.fromEntries(shown.map(([name, property]) => [name, valueFor(name, property, schemas, isBody)]));
}

function valueFor(name: string, schema: Json, schemas: Record<string, Json>, isBody: boolean): unknown {
  if (BY_NAME[name] !== undefined) return BY_NAME[name];
  if (schema.$ref !== undefined) return exampleOf(heldBy(schema) ?? schemas[nameOf(schema)] ?? {}, schemas, isBody);
  if (Array.isArray(schema.anyOf)) return isBody ? valueFor(name, schema.anyOf[0] as Json, schemas, isBody) : null;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const types = [schema.type].flat();
  if (types.includes('null') && !isBody) return null;
  switch (types[0]) {
    case 'string':
      return schema.format === 'date-time' ? TIME : 'text';
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return true;
    case 'array':
      return [valueFor(name.replace(/s$/, ''), schema.items as Json, schemas, isBody)];
    case 'object':
      return schema.properties ? exampleOf(schema, schemas, isBody) : {};
    default:
      return null;
  }
}
