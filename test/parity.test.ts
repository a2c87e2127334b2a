import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parametersOf, type Row } from '../src/rest/row.ts';
import { camel, pascal } from '../src/words/naming.ts';
import { byId, type Command, command, everything, shapes } from './commands.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { required } from './required.ts';
import { seed } from './seed.ts';

const free = new Set(['tags', 'workspace_tags', 'workspace_limits']);

/** One org, and what either door has shown of it, in words that do not depend on the org. */
class World {
  readonly tenant: Tenant;
  readonly made = new Map<string, string[]>();
  readonly #symbols = new Map<string, string>();

  constructor(tenant: Tenant) {
    this.tenant = tenant;
    this.plain({ tenant: [tenant.orgId, tenant.memberId] });
  }

  async begin(): Promise<void> {
    const seeded = await seed(this.tenant);
    const { workspaceId, environmentId, appId, namespaceId, accountId, modelId, embeddingId, policyId } = seeded;
    this.plain({ workspaceId, environmentId, appId, namespaceId, accountId, policyId });
    const ids = { app: appId, env: environmentId, ns: namespaceId, pa: accountId, pol: policyId, ws: workspaceId };
    for (const [kind, id] of Object.entries(ids)) this.made.set(kind, [id]);
    this.made.set('model', [modelId, embeddingId]);
  }

  /** The ids that stand for `app#0`; others as they are. */
  real<T>(value: T): T {
    const text = JSON.stringify(value ?? null).replace(/"(\w+)#(\d+)"/g, (_, kind: string, at: string) =>
      JSON.stringify(this.made.get(kind)?.[Number(at)] ?? 'absent'),
    );
    return JSON.parse(text) as T;
  }

  /** Ids numbered as they come, times and creation stamps left out. */
  plain(value: unknown): unknown {
    const text = JSON.stringify(value ?? null)
      .replace(/\b(org|ws|app|env|ns|pa|pol|ent|mem|tok|job|dec|evt)_[0-9a-z]{26}\b/g, (id, kind: string) => {
        const symbol = this.#symbols.get(id) ?? `${kind}:${this.#symbols.size}`;
        this.#symbols.set(id, symbol);
        return symbol;
      })
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/(\\"\d+)-[0-9a-z]+\\"/g, '$1');
    return JSON.parse(text);
  }

  /** Keeps the id of what was created, for later commands to name. */
  learn(body: unknown): void {
    const text = JSON.stringify(body ?? null);
    for (const kind of ['app', 'env', 'ns', 'pa', 'pol']) {
      const name = {
        app: 'app_id',
        env: 'environment_id',
        ns: 'namespace_id',
        pa: 'provider_account_id',
        pol: 'policy_id',
      };
      const id = new RegExp(`"${name[kind as 'app']}":"(${kind}_[0-9a-z]{26})"`).exec(text)?.[1];
      const known = required(this.made.get(kind));
      if (id && !known.includes(id)) known.push(id);
    }
  }
}

async function byRest(world: World, row: Row, command: Command): Promise<unknown> {
  const parameters: Record<string, string> = world.real({ ...command.parameters, org_id: world.tenant.orgId });
  const path = row.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(required(parameters[name])));
  const headers: Record<string, string> = command.stale ? { 'If-Match': '"0-x"' } : {};
  const body = row.body ? world.real(command.body ?? {}) : undefined;
  const answer = await world.tenant.rest(row.method, path, body, headers);
  if (answer.status < 300) {
    world.learn(answer.body);
    return world.plain({ body: answer.body });
  }
  const { error, details, detail } = answer.body;
  return world.plain(detail ? { code: 'VALIDATION_FAILED', detail } : { code: error, details });
}

async function byGraph(world: World, row: Row, command: Command): Promise<unknown> {
  const parameters: Record<string, string> = world.real({ ...command.parameters, org_id: world.tenant.orgId });
  const input = {
    ...(inCamel(world.real(command.body ?? {})) as object),
    ...Object.fromEntries(parametersOf(row.path).map((name) => [camel(name), parameters[name]])),
    ...(command.stale ? { expectedVersion: 999 } : {}),
  };
  const text = `mutation($input: ${pascal(row.root)}Input!) { result: ${row.root}(input: $input) ${row.selection} }`;
  const { data, errors } = (await world.tenant.graphql(text, { input })).body;
  if (!errors) {
    const body = row.shape(data.result as never);
    world.learn(body);
    return world.plain({ body });
  }
  const { code, details } = errors[0].extensions;
  if (code !== 'VALIDATION_FAILED') return world.plain({ code, details });
  const detail = details.detail.map((issue: { loc: string[] }) => ({ ...issue, loc: issue.loc.map(wire) }));
  return world.plain({ code, detail });
}

function inCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [camel(key), free.has(key) ? item : inCamel(item)]),
  );
}

function wire(part: string | number, at: number): string | number {
  if (at === 0) return part === 'input' ? 'body' : part;
  return typeof part === 'string' ? part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : part;
}

describeEngines('the same commands by REST and by GraphQL', (engine) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  test('get the same answers and leave the same behind', async () => {
    const seen = new Set<string>();
    const play = async (commands: Command[]) => {
      const [one, two] = [new World(await harness.org()), new World(await harness.org())];
      await Promise.all([one.begin(), two.begin()]);
      for (const each of commands) {
        const row = required(byId.get(each.operationId));
        const [rest, graph] = await Promise.all([byRest(one, row, each), byGraph(two, row, each)]);
        expect(graph, JSON.stringify(each)).toEqual(rest);
        seen.add(`${each.operationId} ${(rest as { code?: string }).code ?? 'done'}`);
      }
      // A bucket becomes ready in its own time.
      const events = async ({ tenant }: World) =>
        (await tenant.rest('GET', `${tenant.base}/audit-events?limit=200`)).body.events
          .filter(({ action }: { action: string }) => action !== 'workspace.update')
          .map(({ action, changes }: Record<string, unknown>) => [action, Object.keys(changes as object).sort()]);
      expect(await events(two)).toEqual(await events(one));
    };
    await play(everything);
    expect(shapes.map(([operationId]) => operationId).filter((one) => !seen.has(`${one} done`))).toEqual([]);
    const numRuns = engine === 'sqlite' ? 40 : 4;
    await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 40, maxLength: 60 }), play), {
      numRuns,
      endOnFailure: true,
    });
  });
});
