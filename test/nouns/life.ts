import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { idNameOf, type Noun } from '../../src/resource/noun.ts';
import type { Doc } from '../../src/store/store.ts';
import { snake } from '../../src/words/naming.ts';
import { type Answer, type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

export interface World {
  harness: Harness;
  tenant: Tenant;
  seeded: Seeded;
}

type Fields = Record<string, unknown>;

/** What is told of a noun whose life is the usual one: made, read, listed, changed, deleted. */
interface Life {
  /** Where it is made and listed. */
  at(world: World): string;
  /** The list's key. */
  key: string;
  /** A body that makes a further one at each call. */
  body(world: World, at: number): Fields | Promise<Fields>;
  /** What one says that was not told, beside its body. */
  first: Fields;
  change: Fields;
  verb?: 'PUT' | 'PATCH';
  /** The field of a reply that its address ends with, where that is not its id. */
  addressed?: string;
  /** Deleted, it can still be read. */
  staysReadable?: boolean;
  /** What an audit event calls its end. */
  ended?: string;
  /** Whether it is as it stays, where the product goes on with it by itself. */
  isSettled?(made: Fields): boolean;
}

/** Runs the usual life of a noun on both engines, and beside it what else is plain of it. */
export function describeNoun(noun: Noun<Doc>, life: Life, more: (world: World) => void = () => {}): void {
  describeEngines(`${noun.collection.name}`, (engine) => {
    const world = {} as World;
    beforeAll(async () => {
      world.harness = await startHarness(engine);
      world.tenant = await world.harness.org();
      world.seeded = await seed(world.tenant);
    });
    afterAll(() => world.harness.close());
    testLife(noun, life, world);
    more(world);
  });
}

function testLife(noun: Noun<Doc>, life: Life, world: World): void {
  const idName = snake(idNameOf(noun));
  const given = Object.keys(noun.fields).filter((name) => noun.fields[name]?.place === 'given');
  let count = 0;

  const settled = async (made: Answer, path: string): Promise<Answer> => {
    for (let answer = made; ; answer = await world.tenant.rest('GET', path))
      if (life.isSettled?.(resourceOf(answer)) ?? true) return answer;
  };

  const make = async () => {
    count += 1;
    const body = await life.body(world, count);
    const answer = await world.tenant.rest('POST', life.at(world), body);
    expect(answer.status, answer.text).toBe(201);
    const path = `${life.at(world)}/${resourceOf(answer)[life.addressed ?? idName]}`;
    expect(answer.headers.get('location')).toBe(path);
    const said = Object.fromEntries(Object.entries(body).filter(([name]) => !given.map(snake).includes(name)));
    const { headers, ...made } = await settled(answer, path);
    const etag = headers.get('etag');
    return { said, made: resourceOf({ headers, ...made }), etag, path, id: String(resourceOf(answer)[idName]) };
  };
  const listed = async () => (await world.tenant.rest('GET', life.at(world))).body;

  /** What its members have done with it, the last first. */
  const audited = async (id: string): Promise<string[]> => {
    const { base, memberId } = world.tenant;
    const { body } = await world.tenant.rest('GET', `${base}/audit-events?resource_id=${id}&actor_id=${memberId}`);
    return (body.events as { action: string }[]).map(({ action }) => action);
  };

  test('is made as its body says, with first values elsewhere; both doors show the same', async () => {
    const { said, made, etag, path, id } = await make();
    expect(made).toMatchObject({ ...said, ...life.first });
    const read = await world.tenant.rest('GET', path);
    const { token: _, ...shown } = made;
    expect(read.body).toEqual(shown);
    expect(read.headers.get('etag')).toBe(etag);
    expect(read.body).toMatchObject(required(await shownByGraph(world.tenant, noun, id)));
  });

  test('a change moves what it says and nothing else, and leaves an audit event; {} does neither', async () => {
    const { path, etag, id } = await make();
    const before = await world.tenant.rest('GET', path);
    const verb = life.verb ?? 'PATCH';
    const same = await world.tenant.rest(verb, path, {});
    expect([same.status, resourceOf(same)]).toEqual([200, before.body]);
    const changed = await world.tenant.rest(verb, path, life.change);
    expect(changed.status, changed.text).toBe(200);
    const { updated_at: then, ...rest } = before.body;
    const { updated_at: now, ...after } = resourceOf(changed);
    expect(after).toEqual({ ...rest, ...life.change });
    expect(String(now) >= String(then)).toBe(true);
    expect(changed.headers.get('etag')).not.toBe(etag);
    expect((await world.tenant.rest('GET', path)).body).toEqual(resourceOf(changed));
    expect(await audited(id)).toEqual([`${noun.resource}.update`, `${noun.resource}.create`]);
  });

  test('lists show the newest first, and count; what is deleted is gone', async () => {
    const one = await make();
    const other = await make();
    const before = await listed();
    const ids = (list: Fields) => (list[life.key] as Fields[]).map((row) => row[idName]);
    expect(ids(before).slice(0, 2)).toEqual([other.id, one.id]);
    expect(before.total).toBe(before[life.key].length);
    const deleted = await world.tenant.rest('DELETE', one.path);
    expect([200, 204]).toContain(deleted.status);
    expect(await audited(one.id)).toEqual([`${noun.resource}.${life.ended ?? 'delete'}`, `${noun.resource}.create`]);
    if (life.staysReadable) return;
    expect(ids(await listed())).toEqual(ids(before).filter((id) => id !== one.id));
    const gone = await world.tenant.rest('GET', one.path);
    expect([gone.status, gone.body.details.resource_type]).toEqual([404, noun.resource]);
    expect(await shownByGraph(world.tenant, noun, one.id)).toBeNull();
    expect((await world.tenant.rest('DELETE', one.path)).status).toBe(404);
  });
}

/** The noun's plain fields in the graph, by their REST names; null where there is none. */
export async function shownByGraph(client: Client, noun: Noun<Doc>, id: string): Promise<Fields | null> {
  const plain = Object.entries(noun.fields).flatMap(([name, { shown, place }]) =>
    shown && shown.rest !== null && typeof shown.type === 'string' && place !== 'given'
      ? [[name, snake(shown.rest ?? name)] as const]
      : [],
  );
  const query = `query($id: ID!) { node(id: $id) { ... on ${noun.type} { ${plain.map(([name]) => name).join(' ')} } } }`;
  const { body } = await client.graphql(query, { id: encodeGlobalId(noun.type, id) });
  const node = body.data.node as Fields | null;
  return node && Object.fromEntries(plain.map(([name, rest]) => [rest, node[name]]));
}

/** Of a wrapped reply: what is in it. */
function resourceOf({ body }: Answer): Fields {
  return typeof body.message === 'string' ? body.namespace : body;
}
