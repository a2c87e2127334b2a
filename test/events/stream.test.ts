import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { byGraph, byRest, until } from './following.ts';

describeEngines('a stream of events', (engine) => {
  let one: Harness;
  let two: Harness;
  beforeAll(async () => {
    one = await startHarness(engine);
    two = await one.again();
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });
  const workspace = async ({ rest }: Client, orgId: string, name: string): Promise<string> => {
    const { body } = await rest('POST', `/v1/orgs/${orgId}/workspaces`, { name, organization_id: orgId });
    return body.workspace_id;
  };
  const listed = async (org: Tenant, query: string) =>
    (await org.rest('GET', `${org.base}/events?${query}`)).body.events as Record<string, unknown>[];

  test('begins now, shows what the list shows with its id, and goes on behind Last-Event-ID', async () => {
    const org = await one.org();
    await workspace(org, org.orgId, 'before');
    const path = `${org.base}/events?types=workspace.create`;
    const here = await byRest(one.url, org, path);
    const there = await byRest(two.url, org, path);
    await workspace(org, org.orgId, 'a');
    await workspace(two.client(org.token), org.orgId, 'b');
    const [before, ...after] = await listed(org, 'types=workspace.create');
    for (const { ids, events } of [here, there]) {
      await until(() => expect(events).toHaveLength(2));
      expect(events).toEqual(after);
      expect(ids).toEqual(after.map((event) => event.event_id));
    }
    const all = await byRest(two.url, org, path, String(required(before).event_id));
    await until(() => expect(all.events).toEqual(after));
    const rest = await byRest(
      one.url,
      org,
      `${path}&after=${required(before).event_id}`,
      String(required(after[0]).event_id),
    );
    await until(() => expect(rest.events).toEqual(after.slice(1)));
    for (const { close } of [here, there, all, rest]) close();
  });

  test('is a subscription of the graph, with each thing as it is then', async () => {
    const org = await one.org();
    const query = `subscription { events(types: ["workspace.*"]) { eventId type data resource { ... on Workspace { name } } } }`;
    const following = await byGraph(one.url, org, query);
    await workspace(org, org.orgId, 'a');
    await until(() => expect(following.events.length).toBeGreaterThan(0));
    expect(following.events[0]).toMatchObject({ type: 'workspace.create', resource: { name: 'a' } });
    following.close();
  });

  test('is refused as every request is, before it begins', async () => {
    const [org, other] = [await one.org(), await one.org()];
    const [event] = await listed(other, 'limit=1');
    const stream = { Accept: 'text/event-stream' };
    const ask = async (client: Client, query: string, headers = {}) => {
      const asked = { ...stream, ...headers };
      const answer = await client.rest('GET', `${org.base}/events${query}`, undefined, asked);
      expect(answer.headers.get('vary')).toBe('Accept');
      return [answer.status, answer.body.error ?? answer.body.detail[0].loc];
    };
    const [id, blind] = [required(event).event_id, await org.as({ permissions: ['workspaces:read'] })];
    expect(await ask(one.client('mm_tok_x'), '')).toEqual([401, 'AUTHENTICATION_FAILED']);
    expect(await ask(blind, '')).toEqual([403, 'FORBIDDEN']);
    expect(await ask(other, '')).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(await ask(org, '?types=x')).toEqual([422, ['query', 'types']]);
    expect(await ask(org, `?after=${id}`)).toEqual([422, ['query', 'after']]);
    expect(await ask(org, '', { 'Last-Event-ID': id })).toEqual([422, ['header', 'last-event-id']]);
    expect(await ask(org, '?nope=1')).toEqual([422, ['query', 'nope']]);

    const graph = async (client: Client, query: string, headers: object = stream) => {
      const { status, body } = await client.graphql(query, {}, { ...headers });
      return [status, body.errors[0].extensions.code];
    };
    const all = 'subscription { events { eventId } }';
    expect(await graph(one.client('mm_tok_x'), all)).toEqual([401, 'AUTHENTICATION_FAILED']);
    expect(await graph(blind, all)).toEqual([403, 'FORBIDDEN']);
    expect(await graph(org, `subscription { events(after: "${id}") { eventId } }`)).toEqual([422, 'VALIDATION_FAILED']);
    expect(await graph(org, all, { Accept: 'application/json' })).toEqual([406, 'UNSUPPORTED_MEDIA_TYPE']);
    for (const query of ['{ events { nope } }', '{ events { eventId } more: events { eventId } }', '{ __typename }'])
      expect(await graph(org, `subscription ${query}`)).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  });

  test('has one field whatever its conditions, which are refused like anything else that is invalid', async () => {
    const org = await one.org();
    const conditions = ['@skip', '@include'].flatMap((name) =>
      ['', '(if: true)', '(if: false)', '(if: 1)', '(if: $s)', '(if: $absent)', '(if: null)'].map((arg) => name + arg),
    );
    const documents = conditions.flatMap((condition) => [
      `{ events ${condition} { eventId } }`,
      `{ ... ${condition} { events { eventId } } }`,
      `{ ... on Subscription { events ${condition} { eventId } } }`,
      `{ ...F ${condition} } fragment F on Subscription { events { eventId } }`,
      `{ ...F } fragment F on Subscription { ...G } fragment G on Subscription { events ${condition} { eventId } }`,
      `{ events { eventId } more: events ${condition} { eventId } }`,
    ]);
    for (const document of documents)
      for (const variables of [{}, { s: true }, { s: null }]) {
        const query = `subscription S($s: Boolean = true) ${document}`;
        const { status, body } = await org.graphql(query, variables, { Accept: 'text/event-stream' });
        const codes = body.errors.map((error: { extensions: { code: string } }) => error.extensions.code);
        expect([query, status, [...new Set(codes)]]).toEqual([query, 400, ['GRAPHQL_VALIDATION_FAILED']]);
      }
    const below = 'subscription ($s: Boolean!) { events { eventId @skip(if: $s) type } }';
    const following = await byGraph(one.url, org, below, { s: true });
    await workspace(org, org.orgId, 'a');
    await until(() => expect(following.events.length).toBeGreaterThan(0));
    expect(following.events[0]).toEqual({ type: expect.any(String) });
    following.close();
  });

  test('is what is asked for by its media type alone: the list, and answers of the graph, have their own', async () => {
    const org = await one.org();
    const typeOf = async (accept: string) => {
      const leave = new AbortController();
      const headers = { Authorization: `Bearer ${org.token}`, Accept: accept };
      const { headers: got } = await fetch(`${one.url}${org.base}/events`, { headers, signal: leave.signal });
      leave.abort();
      expect(got.get('vary')).toBe('Accept');
      return required(got.get('content-type')).split(';')[0];
    };
    expect(await typeOf('*/*')).toBe('application/json');
    expect(await typeOf('text/html')).toBe('application/json');
    expect(await typeOf('text/event-stream, application/json;q=0.9')).toBe('text/event-stream');
    const accept = { Accept: 'text/event-stream' };
    const { headers, text } = await org.graphql('{ viewer { orgId } }', {}, accept);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const next = `event: next\ndata: {"data":{"viewer":{"orgId":"${org.orgId}"}}}\n\n`;
    expect(text).toBe(`${next}event: complete\ndata:\n\n`);
    const head = await fetch(`${one.url}${org.base}/events`, {
      method: 'HEAD',
      headers: { ...accept, Authorization: `Bearer ${org.token}` },
    });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  });

  test('is one of twenty that a token may have, by whichever door', async () => {
    const org = await one.org();
    const open = [];
    for (let at = 0; at < 10; at += 1) {
      open.push(await byRest(one.url, org, `${org.base}/events`));
      open.push(await byGraph(one.url, org, 'subscription { events { eventId } }'));
    }
    const more = await org.rest('GET', `${org.base}/events`, undefined, { Accept: 'text/event-stream' });
    expect([more.status, more.body.error, more.headers.get('retry-after')]).toEqual([429, 'RATE_LIMIT_EXCEEDED', '10']);
    const graph = await org.graphql('subscription { events { eventId } }', {}, { Accept: 'text/event-stream' });
    expect([graph.status, graph.body.errors[0].extensions.code]).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
    const another = await org.as({ role: 'Viewer' });
    open.push(await byRest(one.url, another, `${org.base}/events`));
    for (const { close, errors } of open) {
      expect(errors).toEqual([]);
      close();
    }
  });
});
