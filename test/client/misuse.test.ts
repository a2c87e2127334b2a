import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSwitchyard, type Options, Rejected, Unreachable } from '../../src/client/index.ts';
import { type Setting, startSetting } from './setting.ts';

const PATIENT = { decideMs: 120_000 };

describe('mistakes of the program that uses switchyard/client', () => {
  let set: Setting;
  beforeAll(async () => {
    set = await startSetting();
  });
  afterAll(() => set.harness.close());

  /** What the control plane is asked, and what a proxy before it answers instead. */
  const through = (instead: (path: string, asked: string[]) => Response | null) => {
    const asked: string[] = [];
    const fetch: Options['fetch'] = async (input, init) => {
      const path = new URL(String(input)).pathname;
      asked.push(path);
      return instead(path, asked) ?? globalThis.fetch(input, init);
    };
    return { asked, fetch };
  };

  test.each([
    ['no address', { url: 'nope' }, /^url: /],
    ['an empty one', { url: '' }, /^url: /],
    ['a token that no header can hold', { token: 'mm_tok_a\nb' }, /^token: (?!.*mm_tok_a)/],
  ])('%s is said at once', (_, options, line) => {
    expect(() => createSwitchyard({ url: 'http://127.0.0.1:4000', token: 't', ...options })).toThrow(line);
  });

  const itself: Record<string, unknown> = {};
  itself.self = itself;
  test.each([
    ['one that leads to itself', { tags: itself }],
    ['a BigInt', { estimated_input_tokens: 5n }],
  ])('a context that cannot be written, %s, is a TypeError at once, and no outage for the others', async (_, wrong) => {
    const { asked, fetch } = through(() => null);
    const client = set.client({ ...PATIENT, fetch, whenUnreachable: { use: 60_000 } });
    await client.route(set.context, () => 'known');
    await client.flush();
    asked.length = 0;
    await expect(client.route({ ...set.context, ...wrong } as never, () => 'never')).rejects.toBeInstanceOf(TypeError);
    expect(asked).toEqual([]);
    expect(await client.route(set.context, ({ decisionId }) => decisionId)).not.toBeNull();
    await client.flush();
  });

  test('without a function to call nothing is decided, and no success is told', async () => {
    const { asked, fetch } = through(() => null);
    const client = set.client({ ...PATIENT, fetch });
    await expect(client.route(set.context, undefined as never)).rejects.toThrow(/^call: /);
    expect(asked).toEqual([]);
  });

  const guarding = {
    get usage(): never {
      throw new Error('usage is not yours');
    },
  };
  const endless: unknown[] = [];
  endless.push(endless);
  test.each([
    ['that throws when it is looked at', guarding],
    ['that holds itself', endless],
  ])('an answer %s comes out as it is, and is told as a success without counts', async (_, answer) => {
    const client = set.client(PATIENT);
    expect((await client.route(set.context, () => answer)) === answer).toBe(true);
    await client.flush();
    const [last] = await set.decisions();
    expect(last?.outcome).toMatchObject({ success: true, input_tokens: null, output_tokens: null });
  });

  test('where no report may wait, the next request waits for the one that does', async () => {
    const client = set.client({ ...PATIENT, queueMax: 0 });
    expect(await client.route(set.context, () => 'first')).toBe('first');
    expect(await client.route(set.context, () => 'second')).toBe('second');
    expect(await client.flush()).toBe(0);
  });

  test('a proxy that refuses in words of its own has refused, and is not an outage', async () => {
    const html = (status: number, headers = {}) => new Response('<h1>no</h1>', { status, headers });
    const { asked, fetch } = through((path) => (path.endsWith('/decisions') ? html(403) : null));
    const refused = await set
      .client({ ...PATIENT, fetch })
      .route(set.context, () => 'never')
      .catch((error) => error);
    expect(refused).toBeInstanceOf(Rejected);
    expect(refused).toMatchObject({ status: 403, body: '<h1>no</h1>' });
    expect(asked.filter((path) => path.endsWith('/decisions'))).toHaveLength(1);

    const busy = through((path) => (path.endsWith('/decisions') ? html(503, { 'Retry-After': '60' }) : null));
    const began = performance.now();
    const away = set.client({ decideMs: 20_000, fetch: busy.fetch }).route(set.context, () => 'never');
    await expect(away).rejects.toThrow(new Unreachable('the control plane answered 503'));
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
