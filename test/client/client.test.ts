import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { wallClock } from '../../src/client/clock.ts';
import { Refused, Rejected, type Route, Unreachable } from '../../src/client/index.ts';
import { type Harness, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { type Behaviour, FAILING, type Provider, startProvider } from './provider.ts';
import { arrange, type Decided } from './setting.ts';

/** Long enough for a busy machine, so that only what a test wants to be silent is. */
const PATIENT = { decideMs: 120_000, silenceMs: 120_000 };

describe('switchyard/client', () => {
  let harness: Harness;
  let providers: Provider[];
  let set: Awaited<ReturnType<typeof arrange>>;
  beforeAll(async () => {
    harness = await startHarness();
    providers = await Promise.all([startProvider(), startProvider(), startProvider()]);
  });
  afterAll(async () => {
    await Promise.all(providers.map((provider) => provider.close()));
    await harness.close();
  });
  beforeEach(async () => {
    set = await arrange(harness, providers.length);
    for (const provider of providers) provider.behave('ok');
  });

  /** As a caller writes it: the account says which provider, its reference which key. */
  const callWith =
    (body: object = {}) =>
    ({ credentialsRef, upstreamModel, signal }: Route) =>
      fetch(`${required(providers[Number(required(credentialsRef).at(-1))]).url}/chat/completions`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${credentialsRef}` },
        body: JSON.stringify({ model: upstreamModel, ...body }),
        signal,
      });
  const textOf = async (answer: Response) => ({ status: answer.status, text: await answer.text() });
  const all = (behaviour: Behaviour) => providers.map((provider) => provider.behave(behaviour));
  const outcomes = async () => (await set.decisions()).map(({ outcome }) => outcome?.error_class ?? outcome?.success);

  test('calls with account, upstream model and reference of the key, and reports tokens and latency', async () => {
    const client = set.client(PATIENT);
    let seen: Route | undefined;
    const answer = await client.route(set.context, (route) => {
      seen = route;
      return callWith()(route);
    });
    expect(await answer.json()).toMatchObject({ model: 'gpt-4o-2024-11-20', usage: { total_tokens: 18 } });
    expect(await client.flush()).toBe(0);
    const [made] = await set.decisions();
    expect(seen).toMatchObject({
      decisionId: required(made).decision_id,
      logicalModelId: 'm',
      providerAccountId: required(made).provider_account_id,
      upstreamModel: 'gpt-4o-2024-11-20',
      providerType: 'openai',
      credentialsRef: `env:KEY_${set.accounts.indexOf(required(required(made).provider_account_id))}`,
      attempt: 1,
    });
    expect(made).toMatchObject({ status: 'reported', outcome: { success: true, input_tokens: 11, output_tokens: 7 } });
    expect(required(required(made).outcome).latency_ms).toEqual(expect.any(Number));
  });

  test('no request fails while one provider is healthy, whatever the others do; each attempt is told as it went', async () => {
    const classes = { error: 'provider_error', busy: 'rate_limited', overloaded: 'overloaded' } as const;
    const behaviour = fc.constantFrom<Behaviour>('ok', ...FAILING);
    await fc.assert(
      fc.asyncProperty(fc.tuple(behaviour, behaviour), fc.nat(2), fc.boolean(), async (others, healthy, stream) => {
        set = await arrange(harness, providers.length);
        const does = others.toSpliced(healthy, 0, 'ok');
        // What a stream has shown its reader before it broke cannot be taken back.
        if (stream && does.includes('half')) return;
        for (const [at, one] of does.entries()) required(providers[at]).behave(one);
        const client = set.client(PATIENT);
        const { status, text } = await textOf(await client.route(set.context, callWith({ stream })));
        expect([status, text.includes('world')]).toEqual([200, true]);
        expect(await client.flush()).toBe(0);
        const made = (await set.decisions()).reverse();
        expect(made.map(({ retry_of }) => retry_of)).toEqual([
          null,
          ...made.slice(0, -1).map(({ decision_id }) => decision_id),
        ]);
        for (const { provider_account_id, outcome } of made) {
          const did = required(does[set.accounts.indexOf(required(provider_account_id))]);
          const expected = did === 'ok' ? null : (classes[did as keyof typeof classes] ?? 'provider_error');
          expect(outcome).toMatchObject({ success: did === 'ok', error_class: expected });
          if (did === 'ok') expect(outcome).toMatchObject({ input_tokens: 11, output_tokens: 7 });
          if (did === 'busy') expect(outcome).toMatchObject({ retry_after_seconds: 1 });
        }
        expect(required(required(made.at(-1)).outcome).success).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test('a provider that is silent is left, and the call told to stop', async () => {
    required(providers[0]).behave('hang');
    required(providers[1]).behave('hang');
    let isHanging = false;
    const call = (route: Route) => {
      isHanging = !required(route.credentialsRef).endsWith('2');
      return callWith()(route);
    };
    // The time is over for those that hang alone, however slow the machine is.
    const sleep = async (ms: number, signal?: AbortSignal) => {
      if (ms !== PATIENT.silenceMs) return wallClock.sleep(ms, signal);
      do await wallClock.sleep(50, signal);
      while (!isHanging);
    };
    const client = set.client({ ...PATIENT, decideMs: 60_000, clock: { ...wallClock, sleep } });
    expect((await client.route(set.context, call)).status).toBe(200);
    await client.flush();
    const [last, ...earlier] = await outcomes();
    expect([last, ...new Set(earlier)]).toEqual(earlier.length ? [true, 'timeout'] : [true]);
    await expect.poll(() => providers.map(({ open }) => open()), { timeout: 60_000 }).toEqual([0, 0, 0]);
  });

  test('where all fail, the last one’s answer comes out, or its error', async () => {
    all('error');
    const client = set.client({ ...PATIENT, attempts: 3 });
    const { status, text } = await textOf(await client.route(set.context, callWith()));
    expect([status, JSON.parse(text).error.message]).toEqual([500, 'it broke']);
    all('cut');
    await expect(client.route(set.context, callWith())).rejects.toThrow('terminated');
    await client.flush();
    expect((await set.decisions()).filter(({ status }) => status !== 'reported')).toEqual([]);
  });

  test.each([
    ['wrong', 'caller_error'],
    ['filtered', 'content_policy'],
  ] as const)('what no other provider can help is not tried again: %s', async (behaviour, told) => {
    all(behaviour);
    const client = set.client(PATIENT);
    expect((await client.route(set.context, callWith())).status).toBe(400);
    await client.flush();
    expect(await outcomes()).toEqual([told]);
  });

  test('a mistake in the call is the caller’s, unless the caller knows better', async () => {
    const mistaken = () => {
      throw new RangeError('a mistake');
    };
    await expect(set.client(PATIENT).route(set.context, mistaken)).rejects.toThrow('a mistake');
    const knowing = set.client({ ...PATIENT, attempts: 1, classify: () => ({ error_class: 'timeout' }) });
    await expect(knowing.route(set.context, mistaken)).rejects.toThrow('a mistake');
    await expect.poll(outcomes).toEqual(['timeout', 'caller_error']);
  });

  test('a stream holds its lease to its end', async () => {
    const client = set.client(PATIENT);
    const answer = await client.route(set.context, callWith({ stream: true }));
    await client.flush();
    expect((await set.decisions()).map(({ status }) => status)).toEqual(['open']);
    expect(await answer.text()).toContain('[DONE]');
    await client.flush();
    expect(await set.decisions()).toMatchObject([{ outcome: { success: true, input_tokens: 11, output_tokens: 7 } }]);
  });

  test('half a stream is a failure of the provider, whether it is cut or ends too soon', async () => {
    all('half');
    const client = set.client(PATIENT);
    await (await client.route(set.context, callWith({ stream: true }))).text();
    await client.flush();
    expect(await outcomes()).toEqual(['provider_error']);
  });

  describe('a caller that goes away', () => {
    const gone: Record<string, (client: ReturnType<typeof set.client>) => Promise<void>> = {
      'by its signal, while a stream is silent': async (client) => {
        const stop = new AbortController();
        const answer = await client.route(set.context, callWith({ stream: true }), { signal: stop.signal });
        stop.abort(new Error('enough'));
        await expect(answer.text()).rejects.toThrow('enough');
      },
      'by cancelling a stream': async (client) => {
        const answer = await client.route(set.context, callWith({ stream: true }));
        await required(answer.body).cancel();
      },
      'by leaving the loop': async (client) => {
        for await (const chunk of required((await client.route(set.context, callWith({ stream: true }))).body))
          if (chunk) break;
      },
      'by leaving an SDK’s iterator that is silent': async (client) => {
        const items = await client.route(set.context, async function* () {
          yield 1;
          await new Promise(() => {});
        });
        const iterator = items[Symbol.asyncIterator]();
        expect(await iterator.next()).toEqual({ done: false, value: 1 });
        void iterator.next().catch(() => {});
        await iterator.return(undefined);
      },
      'before the provider answers': async (client) => {
        const stop = new AbortController();
        const asked = client.route(
          set.context,
          () => {
            stop.abort(new Error('enough'));
            return new Promise(() => {});
          },
          { signal: stop.signal },
        );
        await expect(asked).rejects.toThrow('enough');
      },
      'while it is decided': async (client) => {
        const stop = new AbortController();
        const asked = client.route(set.context, callWith(), { signal: stop.signal });
        stop.abort(new Error('enough'));
        await expect(asked).rejects.toThrow('enough');
        await expect.poll(async () => (await set.decisions()).length, { timeout: 60_000 }).toBe(1);
      },
    };
    test.each(Object.keys(gone))('%s: is reported as aborted, once, and the provider let go', async (way) => {
      all('hang');
      const client = set.client(PATIENT);
      await required(gone[way])(client);
      await expect.poll(outcomes, { timeout: 60_000 }).toEqual(['aborted']);
      await expect.poll(() => providers.map(({ open }) => open()), { timeout: 60_000 }).toEqual([0, 0, 0]);
    });
  });

  test('a refusal is told with its reason; what may go later is asked again as late as it says', async () => {
    const refused = set.client(PATIENT).route({ ...set.context, workspace_id: 'ws_none' }, callWith());
    await expect(refused).rejects.toMatchObject({ name: 'Rejected', status: 404 });
    await expect(refused).rejects.toBeInstanceOf(Rejected);
    const limited = await arrange(harness, 1, {
      account: { rate_limit_policy: { requests_per_second: 1, burst_size: 1, queue_policy: 'wait' } },
    });
    const now = Date.now();
    const client = limited.client(PATIENT);
    for (let at = 0; at < 2; at += 1) await client.route(limited.context, callWith());
    expect(Date.now() - now).toBeGreaterThan(900);
    await client.flush();
    const made = await limited.decisions();
    expect(made.filter(({ status }) => status === 'reported')).toHaveLength(2);
    expect(made.filter(({ status }) => status === 'refused').length).toBeGreaterThan(0);
    const hasty = limited.client({ ...PATIENT, waitMs: 0 });
    const outOfRoom = Array.from({ length: 3 }, () => hasty.route(limited.context, callWith()));
    const failures = (await Promise.allSettled(outOfRoom)).filter((one) => one.status === 'rejected');
    expect(failures.length).toBeGreaterThan(0);
    for (const { reason } of failures) {
      expect(reason).toBeInstanceOf(Refused);
      expect(reason.refusal).toMatchObject({ code: 'RATE_LIMITED', level: 'provider_account', retry_after: 1 });
    }
  });

  test('where nobody else is left, a provider that was busy is asked again when it said', async () => {
    const alone = await arrange(harness, 1);
    required(providers[0]).behave('busy', 'ok');
    const client = alone.client(PATIENT);
    expect((await client.route(alone.context, callWith())).status).toBe(200);
    await client.flush();
    const made = await alone.decisions();
    expect(made.filter(({ status }) => status === 'open')).toEqual([]);
    expect(made[0]).toMatchObject({ status: 'reported', outcome: { success: true } });
  });

  describe('a control plane that is away', () => {
    /** What the network does with a request to the control plane: lets it through, loses it, or loses the answer. */
    type Fate = 'through' | 'lost' | 'unanswered';
    const network = (fate: (path: string) => Fate) => async (url: string | URL | Request, init?: RequestInit) => {
      const happens = fate(String(url));
      if (happens === 'lost') throw new TypeError('fetch failed');
      const answer = await fetch(url, init);
      if (happens === 'through') return answer;
      await answer.arrayBuffer();
      throw new TypeError('fetch failed');
    };

    test('fails, or uses the last good decision for a bounded time, as the caller chose', async () => {
      let isAway = false;
      const clock = { ...wallClock, now: () => Date.now() + offsetMs };
      let offsetMs = 0;
      const options = { ...PATIENT, decideMs: 2_000, clock, fetch: network(() => (isAway ? 'lost' : 'through')) };
      const user = set.client({ ...options, whenUnreachable: { use: 60_000 } });
      const first = () => user.route(set.context, callWith()).then(({ status }) => status);
      await expect.poll(first, { timeout: 60_000 }).toBe(200);
      await user.flush();
      const before = (await set.decisions()).length;
      isAway = true;
      await expect(set.client(options).route(set.context, callWith())).rejects.toBeInstanceOf(Unreachable);
      const seen: (string | null)[] = [];
      const noting = (route: Route) => {
        seen.push(route.decisionId);
        return callWith()(route);
      };
      for (let at = 0; at < 3; at += 1) expect((await user.route(set.context, noting)).status).toBe(200);
      expect(seen).toEqual([null, null, null]);
      await expect(user.route({ ...set.context, purpose: 'another' }, noting)).rejects.toBeInstanceOf(Unreachable);
      offsetMs += 60_000;
      await expect(user.route(set.context, noting)).rejects.toBeInstanceOf(Unreachable);
      isAway = false;
      expect(await user.flush()).toBe(0);
      expect((await set.decisions()).length).toBe(before);
    });

    test('no decision is made twice and no report lost, whatever the network loses', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(9), { minLength: 20, maxLength: 60 }), async (luck) => {
          set = await arrange(harness, providers.length);
          let at = 0;
          const fate = (): Fate => {
            const one = at < luck.length ? required(luck[at]) : 9;
            at += 1;
            return one < 2 ? 'lost' : one < 4 ? 'unanswered' : 'through';
          };
          const lost: string[] = [];
          const client = set.client({ ...PATIENT, fetch: network(fate), onLost: (id) => lost.push(id) });
          const calls: string[] = [];
          const noting = (route: Route) => {
            calls.push(required(route.decisionId));
            return callWith()(route);
          };
          await Promise.all(Array.from({ length: 6 }, () => client.route(set.context, noting)));
          expect(await client.flush({ withinMs: 120_000 })).toBe(0);
          const made = await set.decisions();
          expect(made.map(({ decision_id }) => decision_id).sort()).toEqual(calls.sort());
          expect(made.every(({ outcome }) => outcome?.success)).toBe(true);
          expect(lost).toEqual([]);
        }),
        { numRuns: 4 },
      );
    });

    test('what cannot be told makes new requests wait; when it comes back all is told', async () => {
      let isDeaf = true;
      const fate = (path: string): Fate => (isDeaf && path.endsWith('/outcome') ? 'lost' : 'through');
      const client = set.client({ ...PATIENT, queueMax: 2, fetch: network(fate) });
      let begun = 0;
      const noting = (route: Route) => {
        begun += 1;
        return callWith()(route);
      };
      for (let at = 0; at < 2; at += 1) await client.route(set.context, noting);
      const third = client.route(set.context, noting);
      expect(await client.flush({ withinMs: 200 })).toBe(2);
      expect(begun).toBe(2);
      isDeaf = false;
      expect((await third).status).toBe(200);
      expect(await client.flush({ withinMs: 120_000 })).toBe(0);
      expect((await set.decisions()).every(({ outcome }: Decided) => outcome?.success)).toBe(true);
    });
  });

  describe('a function of the caller that fails', () => {
    const fail = () => {
      throw new Error('a mistake of the caller');
    };
    const uncaught: unknown[] = [];
    const note = (why: unknown) => uncaught.push(why);
    beforeAll(() => void process.on('unhandledRejection', note));
    afterAll(() => void process.off('unhandledRejection', note));
    beforeEach(() => void uncaught.splice(0));
    const refusing = async (url: string | URL | Request, init?: RequestInit) =>
      String(url).endsWith('/outcome') ? Response.json({ error: 'FORBIDDEN' }, { status: 403 }) : fetch(url, init);

    test.each([
      ['throws', fail],
      ['rejects', async () => fail()],
    ])('%s: an outcome that is lost loses nothing else, and ends no process', async (_how, onLost) => {
      const client = set.client({ ...PATIENT, fetch: refusing, onLost, queueMax: 1 });
      for (let at = 0; at < 3; at += 1) expect((await client.route(set.context, callWith())).status).toBe(200);
      expect(await client.flush({ withinMs: 120_000 })).toBe(0);
      // Node tells of what nobody has caught when all that was due is done.
      await new Promise((resolve) => setImmediate(resolve));
      expect(uncaught).toEqual([]);
    });

    test('an onLost that takes its time is waited for by flush', async () => {
      const kept: string[] = [];
      const onLost = async (id: string) => {
        await wallClock.sleep(20);
        kept.push(id);
      };
      const client = set.client({ ...PATIENT, fetch: refusing, onLost });
      await client.route(set.context, callWith());
      expect(await client.flush({ withinMs: 120_000 })).toBe(0);
      expect(kept).toEqual((await set.decisions()).map(({ decision_id }) => decision_id));
    });

    test('what is thrown is told as it looks, and the caller gets the error of the call', async () => {
      const client = set.client({ ...PATIENT, classify: fail, waitUntil: fail });
      const mistaken = () => {
        throw new RangeError('the call’s own');
      };
      await expect(client.route(set.context, mistaken)).rejects.toThrow('the call’s own');
      expect(await client.flush({ withinMs: 120_000 })).toBe(0);
      expect(await outcomes()).toEqual(['caller_error']);
      expect(uncaught).toEqual([]);
    });
  });

  test('a stream that outlasts its lease is told shortly before, by what it has brought', async () => {
    const leases: [number, () => void][] = [];
    const clock = {
      ...wallClock,
      sleep: (ms: number, signal?: AbortSignal, idle = false) =>
        idle ? new Promise<void>((over) => leases.push([ms, over])) : wallClock.sleep(ms, signal),
    };
    const client = set.client({ ...PATIENT, clock });
    const items = await client.route(set.context, async function* () {
      yield { type: 'message_start', message: { usage: { input_tokens: 5, output_tokens: 1 } } };
      await new Promise(() => {});
    });
    const [[ms, over]] = leases as [[number, () => void]];
    expect([ms > 570_000, ms < 600_000]).toEqual([true, true]);
    over();
    await expect
      .poll(async () => required((await set.decisions())[0]).outcome)
      .toMatchObject({ success: true, input_tokens: 5, output_tokens: 1 });
    await items.return(undefined);
    expect(await outcomes()).toEqual([true]);
  });
});
