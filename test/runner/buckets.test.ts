import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRunner } from '../../src/process/runner/runner.ts';
import type { Deps } from '../../src/resource/context.ts';
import { tasks } from '../../src/resource/task.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { isSwept } from './swept.ts';

/** A busy machine may take its time; none of these tests asserts any. */
const PATIENT = { timeout: 50_000 };
type Provision = Deps['provisioner']['provision'];

describeEngines('the buckets of workspaces', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  /** What the provisioner does now; a test sets it. */
  let provision: Provision;
  beforeEach(async () => {
    provision = async () => {};
    harness = await startHarness(engine, {
      deps: { provisioner: { provision: (bucket, region, signal) => provision(bucket, region, signal) } },
    });
    tenant = await harness.org();
  });
  afterEach(() => harness.close());

  const create = async (name: string, of = tenant) => {
    const made = await of.rest('POST', `${of.base}/workspaces`, { organization_id: of.orgId, name });
    expect(made.status).toBe(201);
    return made.body.workspace_id as string;
  };
  const workspace = async (id: string, of = tenant) => (await of.rest('GET', `${of.base}/workspaces/${id}`)).body;
  const statusOf = async (id: string, of = tenant) => (await workspace(id, of)).bucket_status;
  const ready = (id: string, of = tenant) => expect.poll(() => statusOf(id, of), PATIENT).toBe('ready');
  const jobs = async () => (await tenant.rest('GET', `${tenant.base}/jobs`)).body.jobs;
  const refuses: Provision = async () => {
    throw Object.assign(new Error("EACCES: permission denied, mkdir '/secret/place'"), { code: 'EACCES', errno: -13 });
  };
  const pass = (ms: number) => {
    harness.clock.offsetMs += ms;
    harness.runner.wake();
  };
  /** Lets the runner fail as often as it takes. */
  const failed = async (id: string) => {
    for (const pause of [1_000, 2_000, 4_000, 8_000]) {
      await expect.poll(() => triesOf(id), PATIENT).toBe(Math.log2(pause / 1_000) + 1);
      pass(pause);
    }
    await expect.poll(() => statusOf(id), PATIENT).toBe('failed');
  };
  const triesOf = async (id: string) => {
    const { docs } = await harness.deps.store.page(tasks, { orgId: '', order: 'asc', limit: 200 });
    return docs.find(({ targetId }) => targetId === id)?.tries;
  };

  test('one that cannot be made is tried after 1, 2, 4 and 8 s, and fails with a reason at the fifth', async () => {
    const begun: number[] = [];
    provision = async (...call) => {
      begun.push(harness.deps.now());
      await refuses(...call);
    };
    const id = await create('Unlucky');
    await failed(id);
    const pauses = begun.slice(1).map((at, index) => at - required(begun[index]));
    expect(begun).toHaveLength(5);
    pauses.forEach((pause, at) => expect(pause).toBeGreaterThanOrEqual(1_000 * 2 ** at));
    const [job] = await jobs();
    expect(job).toMatchObject({
      ...{ kind: 'bucket', status: 'failed', resource_type: 'workspace', resource_id: id, workspace_id: id },
      progress: { total: 1, done: 0, failed: 1, percent: 0 },
      error: 'The bucket could not be made: permission denied (EACCES)',
    });
    expect(await triesOf(id)).toBeUndefined();
  });

  for (const door of ['REST', 'GraphQL'] as const)
    test(`once it can be made, a retry by ${door} makes it`, async () => {
      const retry = async (jobId: string) => {
        if (door === 'REST') return tenant.rest('POST', `${tenant.base}/jobs/${jobId}/retry`);
        return tenant.graphql(`mutation{retryJob(input:{jobId:"${jobId}"}){job{jobId status}}}`);
      };
      provision = refuses;
      const id = await create('Later');
      await failed(id);
      const [job] = await jobs();
      const before = (await workspace(id)).updated_at;
      provision = async () => {};
      expect((await retry(job.job_id)).status).toBe(200);
      await ready(id);
      expect((await workspace(id)).updated_at > before).toBe(true);
      expect((await jobs())[0]).toMatchObject({ job_id: job.job_id, status: 'completed', error: null });
      const again = await retry(job.job_id);
      const error = door === 'REST' ? again.body : again.body.errors[0].extensions;
      expect([error.error ?? error.code, error.details.reason]).toEqual(['CONFLICT', 'not_failed']);
    });

  test('a retry that is cancelled leaves the bucket failed, and can be asked for again', async () => {
    provision = refuses;
    const id = await create('Called off');
    await failed(id);
    const [{ job_id: jobId }] = await jobs();
    const ask = (what: string) => tenant.rest('POST', `${tenant.base}/jobs/${jobId}/${what}`);
    expect((await ask('cancel')).body.details.reason).toBe('not_running');
    expect((await ask('retry')).body.status).toBe('pending');
    expect(await statusOf(id)).toBe('pending');
    expect((await ask('cancel')).body.status).toBe('cancelled');
    expect(await statusOf(id)).toBe('failed');
    provision = async () => {};
    pass(60_000);
    expect((await ask('retry')).status).toBe(200);
    await ready(id);
  });

  test('a call that hangs holds up neither other buckets, nor sweeps, nor the end of the process', async () => {
    let calls = 0;
    const calledOff: unknown[] = [];
    provision = async (_bucket, _region, signal) => {
      calls += 1;
      // The first one never answers, whatever it is told.
      if (calls === 1) await new Promise(() => signal.addEventListener('abort', () => calledOff.push(signal.reason)));
    };
    const hangs = await create('Hangs');
    await expect.poll(() => calls, PATIENT).toBe(1);
    await ready(await create('Goes on'));
    const gone = await create('Goes away');
    await ready(gone);
    await tenant.rest('DELETE', `${tenant.base}/workspaces/${gone}`);
    const key = { orgId: tenant.orgId, id: gone };
    await expect.poll(() => isSwept(harness.deps.store, key), PATIENT).toBe(true);
    expect(calledOff).toEqual([]);
    await harness.runner.stop();
    expect(calledOff).toHaveLength(1);
    // Given back: whoever comes next need not wait for the lease to end.
    const now = new Date(harness.deps.now()).toISOString();
    const due = await harness.deps.store.due(tasks, { orgId: '', lane: tenant.orgId, now, limit: 10 });
    expect(due).toMatchObject([{ targetId: hangs, tries: 0 }]);
  });

  test('a workspace that is deleted while its bucket is made ends nothing for others', async () => {
    const held = Promise.withResolvers<void>();
    let began = 0;
    provision = async () => {
      began += 1;
      if (began === 1) await held.promise;
    };
    const doomed = await create('Doomed');
    await expect.poll(() => began, PATIENT).toBe(1);
    await tenant.rest('DELETE', `${tenant.base}/workspaces/${doomed}`);
    const others = await Promise.all(Array.from({ length: 20 }, (_, at) => create(`Other ${at}`)));
    held.resolve();
    for (const id of others) await ready(id);
    expect(harness.logs.filter((line) => line.includes('tried again'))).toEqual([]);
    expect(await jobs()).toEqual([]);
  });

  test('sixteen at once, and another org is served in between', async () => {
    let now = 0;
    let most = 0;
    const full = Promise.withResolvers<void>();
    const made: string[] = [];
    provision = async (bucket) => {
      now += 1;
      most = Math.max(most, now);
      // All wait for the sixteenth, and a while for one too many.
      if (now === 16) void sleep(100).then(() => full.resolve());
      await full.promise;
      now -= 1;
      made.push(bucket);
    };
    const other = await harness.org('Other');
    await harness.runner.stop();
    await Promise.all(Array.from({ length: 60 }, (_, at) => create(`Many ${at}`)));
    const first = await create('First', other);
    harness.runner = startRunner(harness.deps);
    await ready(first, other);
    await expect.poll(() => made.length, PATIENT).toBe(61);
    expect(most).toBe(16);
    expect(made.findIndex((bucket) => bucket.endsWith(first.replaceAll('_', '-')))).toBeLessThan(32);
  });
});
