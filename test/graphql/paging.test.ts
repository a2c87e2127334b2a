import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';

interface Args {
  first?: number;
  last?: number;
  after?: number;
  before?: number;
}

/** Relay's algorithm over the whole list: both cursors cut, then `first` or `last` takes. Items are their places. */
function pageOf(present: number[], { first, last, after, before }: Args) {
  const between = present.filter(
    (item) => (after === undefined || item > after) && (before === undefined || item < before),
  );
  const nodes = last === undefined ? between.slice(0, first ?? 50) : between.slice(-last);
  // An empty page lies behind the cursor that its walk began at.
  const [cursor, at] = last === undefined ? [after, 0.5] : [before, -0.5];
  const place = cursor === undefined ? (last === undefined ? -Infinity : Infinity) : cursor + at;
  return {
    nodes,
    hasPreviousPage: present.some((item) => item < (nodes[0] ?? place)),
    hasNextPage: present.some((item) => item > (nodes.at(-1) ?? place)),
  };
}

const ARGS = '$first:Int,$last:Int,$after:String,$before:String,$up:Boolean';
const PAGE = 'first:$first,last:$last,after:$after,before:$before,oldestFirst:$up';
const FIELDS = '{totalCount pageInfo{hasNextPage hasPreviousPage startCursor endCursor} edges{cursor node{id}}}';

describeEngines('a page of a connection', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  /** By name: a query whose only list is `list`, its variables, and an item that is deleted when its cursor is known. */
  const lists: Record<string, { query: string; variables: object; drop?: (id: string) => Promise<unknown> }> = {};
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    const seeded = await seed(tenant);
    for (let at = 0; at < 6; at += 1) {
      await tenant.rest('POST', `${seeded.workspace}/apps`, { name: `app ${at}` });
      await tenant.rest('POST', `${tenant.base}/router-policies`, {
        name: `policy ${at}`,
        match: { purpose: `p${at}` },
        route_to: seeded.modelId,
        priority: at,
      });
    }
    const variables = { w: seeded.workspaceId };
    lists['a root list'] = { query: `query($w:ID!,${ARGS}){list:apps(workspaceId:$w,${PAGE})${FIELDS}}`, variables };
    lists['a nested list'] = {
      query: `query($w:ID!,${ARGS}){workspace(workspaceId:$w){list:apps(${PAGE})${FIELDS}}}`,
      variables,
    };
    lists['a derived list'] = {
      query: `query(${ARGS}){list:routerPolicies(status:active,${PAGE})${FIELDS}}`,
      variables: {},
    };
  });
  afterAll(() => harness.close());
  const ask = async (name: string, variables: object) => {
    const { body } = await tenant.graphql(required(lists[name]).query, {
      ...required(lists[name]).variables,
      ...variables,
    });
    expect(body.errors).toBeUndefined();
    return body.data.list ?? body.data.workspace.list;
  };

  test.each(['a root list', 'a nested list', 'a derived list'])('%s answers what the model does', async (name) => {
    for (const up of [false, true]) {
      const { edges } = await ask(name, { up });
      const cursors: string[] = edges.map(({ cursor }: { cursor: string }) => cursor);
      const ids: string[] = edges.map(({ node }: { node: { id: string } }) => node.id);
      expect(ids.length).toBeGreaterThanOrEqual(6);
      const places = ids.map((_, at) => at);
      const cursor = fc.option(fc.nat(ids.length - 1), { nil: undefined });
      const size = fc.integer({ min: 1, max: ids.length + 2 });
      const args = fc
        .tuple(cursor, cursor, fc.constantFrom('first', 'last', undefined), size)
        .map(([after, before, take, count]): Args => ({ after, before, ...(take && { [take]: count }) }));
      await fc.assert(
        fc.asyncProperty(args, async (given) => {
          const at = (place: number | undefined) => (place === undefined ? undefined : cursors[place]);
          const page = await ask(name, { ...given, up, after: at(given.after), before: at(given.before) });
          const wanted = pageOf(places, given);
          expect({
            nodes: page.edges.map(({ node }: { node: { id: string } }) => ids.indexOf(node.id)),
            hasPreviousPage: page.pageInfo.hasPreviousPage,
            hasNextPage: page.pageInfo.hasNextPage,
          }).toEqual(wanted);
          expect([page.totalCount, page.pageInfo.startCursor, page.pageInfo.endCursor]).toEqual([
            ids.length,
            at(wanted.nodes[0]) ?? null,
            at(wanted.nodes.at(-1)) ?? null,
          ]);
        }),
        { numRuns: 40 },
      );
    }
  });

  test('first with last stays refused, as do sizes outside their range, whatever the cursors', async () => {
    const { edges } = await ask('a root list', {});
    const [after, before] = [edges[0].cursor, edges.at(-1).cursor];
    for (const args of [
      { first: 1, last: 1 },
      { first: 0 },
      { last: 201 },
      { first: -1, before },
      { last: 1, after: 'x' },
    ]) {
      const { query, variables } = required(lists['a root list']);
      const { body } = await tenant.graphql(query, { ...variables, after, before, ...args });
      expect(body.errors[0].extensions.code).toBe('VALIDATION_FAILED');
    }
  });

  test('a cursor outlives its item', async () => {
    const variables = { up: true };
    const { edges } = await ask('a root list', variables);
    const own = (at: number) => Buffer.from(edges[at].node.id, 'base64url').toString().split(':')[1];
    const last = edges.length - 1;
    const path = (await tenant.graphql(`{node(id:"${edges[last].node.id}"){...on App{workspace{workspaceId}}}}`)).body
      .data.node.workspace.workspaceId;
    await tenant.rest('DELETE', `${tenant.base}/workspaces/${path}/apps/${own(last)}`);
    const empty = await ask('a root list', { ...variables, after: edges[last].cursor, first: 2 });
    expect([empty.edges, empty.pageInfo.hasPreviousPage, empty.pageInfo.hasNextPage]).toEqual([[], true, false]);
    const back = await ask('a root list', { ...variables, before: edges[last].cursor, last: 1 });
    expect([back.edges, back.pageInfo.hasNextPage]).toEqual([[edges[last - 1]], false]);
  });
});
