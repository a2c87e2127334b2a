import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { namespaces, threads } from '../../src/nouns/namespaces/model.ts';
import type { Change } from '../../src/store/store.ts';
import { BIN, runCommand } from '../e2e/process.ts';
import { describeEngines, type Harness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { doors, type Reindexed, seedThreads } from './doors.ts';
import {
  type Embeddings,
  KEY,
  linesOf,
  openWorkPlace,
  PATIENT,
  startTexts,
  stopped,
  type WorkPlace,
} from './work-place.ts';

describeEngines('the reference worker', (engine) => {
  let place: WorkPlace;
  let harness: Harness;
  let tenant: Tenant;
  let embeddings: Embeddings;
  let folder: string;
  beforeEach(async () => {
    place = await openWorkPlace(engine);
    ({ harness, tenant, embeddings, folder } = place);
  });
  afterEach(() => place.close());
  const start: WorkPlace['start'] = (...words) => place.start(...words);
  const job = (id: string) => place.job(id);
  const ends = (id: string, status: string) => place.ends(id, status);

  /** As if somebody had added them one by one. */
  const addThreads = async ({ namespaceId, workspaceId, appId }: Reindexed, count: number) => {
    const { store } = harness.deps;
    const key = { orgId: tenant.orgId, id: namespaceId };
    const before = required(await store.get(namespaces.collection, key));
    const changes: Change[] = Array.from({ length: count }, (_, at) => {
      const createdAt = new Date(Date.parse(before.createdAt) + at).toISOString();
      const dated = { version: 1, createdAt, updatedAt: createdAt, createdBy: null };
      const id = harness.deps.ids.next('thread_');
      const place = { orgId: tenant.orgId, workspaceId, appId, namespaceId };
      return { type: 'insert', in: threads.collection, doc: { ...dated, ...place, id, threadId: `t${at}` } as never };
    });
    for (let at = 0; at < count; at += 200) await store.commit(changes.slice(at, at + 200));
    const doc = { ...before, threadCount: count, version: before.version + 1 };
    await store.commit([{ type: 'put', in: namespaces.collection, doc, expected: before.version }]);
  };

  // To seed so many takes the stand-in of MongoDB minutes; a worker sees the API alone.
  test.runIf(engine === 'sqlite')('10,000 threads, a worker killed half-way, two more: each is done once', async () => {
    const many = 10_000;
    const space = await seedThreads(tenant, 0);
    await addThreads(space, many);
    const jobId = await space.reindex();
    const first = start('first', ['--batch', '100']);
    await expect.poll(async () => (await job(jobId)).progress.done > many * 0.3, PATIENT).toBe(true);
    await stopped(first, 'SIGKILL');
    expect((await job(jobId)).status).toBe('running');
    const others = [start('second', ['--batch', '100']), start('third', ['--batch', '100'])];
    // What the killed one held is due when its lease ends, for which nobody has to wait here.
    harness.clock.offsetMs += 61_000;
    await ends(jobId, 'completed');
    expect((await job(jobId)).progress).toEqual({ total: many, done: many, failed: 0, percent: 100 });
    expect((await space.get()).embedding_model_id).toBe(space.embeddingId);
    for (const other of others) expect(await stopped(other)).toBe(0);
    const kept = [first, ...others].flatMap(linesOf);
    const byItem = new Map(kept.map((line) => [line.item_id, line]));
    expect(byItem.size).toBe(many);
    expect(new Set([...byItem.values()].map(({ subject }) => subject.id)).size).toBe(many);
    for (const { subject, vector } of byItem.values()) expect(vector[0]).toBe(subject.id.length);
    const counted = others.map((other) => Number(required(/Stopped: (\d+) done/.exec(other.out()))[1]));
    expect(Math.max(...counted)).toBeGreaterThan(0);
  });

  test('it sends texts, under the key of the account, in batches, and waits as long as it is told', async () => {
    const texts = join(folder, 'texts');
    mkdirSync(join(texts, 'thread'), { recursive: true });
    for (const at of [0, 1, 2, 3]) writeFileSync(join(texts, 'thread', `t${at}.txt`), `Text of ${at}`);
    const told = ['1', () => new Date(Date.now() + 2_000).toUTCString()] as const;
    embeddings.answer = (_, respond) => {
      const after = told[embeddings.asked.length - 1];
      if (after === undefined) return false;
      respond(429, { error: { message: 'slow down' } }, { 'Retry-After': typeof after === 'string' ? after : after() });
      return true;
    };
    const space = await seedThreads(tenant, 4);
    const jobId = await space.reindex();
    const worker = start('texts', ['--texts', texts]);
    await ends(jobId, 'completed');
    expect(await stopped(worker, 'SIGINT')).toBe(0);
    expect(embeddings.asked).toHaveLength(3);
    const [first, second, third] = embeddings.asked;
    expect(required(second).at - required(first).at).toBeGreaterThanOrEqual(1_000);
    expect(required(third).at - required(second).at).toBeGreaterThanOrEqual(900);
    expect(third).toMatchObject({ model: 'text-embedding-3', authorization: `Bearer ${KEY}` });
    expect(required(third).input.toSorted()).toEqual(['Text of 0', 'Text of 1', 'Text of 2', 'Text of 3']);
    expect(linesOf(worker)).toHaveLength(4);
    expect(worker.out()).not.toContain(KEY);
    expect(worker.out()).not.toContain('\u001b');
  });

  test('what cannot be embedded is told item by item, and the others are done', async () => {
    const texts = await startTexts({ t0: 'fine', t1: 'too long', t3: ' ' });
    embeddings.answer = (input, respond) => {
      if (!input.includes('too long')) return false;
      respond(400, { error: { message: `too long for ${KEY}` } });
      return true;
    };
    const space = await seedThreads(tenant, 4);
    const jobId = await space.reindex();
    const worker = start('told', ['--texts', `${texts.url}/{type}?id={id}`]);
    await ends(jobId, 'failed');
    texts.close();
    expect(await stopped(worker)).toBe(0);
    expect((await job(jobId)).progress).toMatchObject({ total: 4, done: 1, failed: 3 });
    expect((await job(jobId)).error).toMatch(/^3 of 4 items failed; the first: /);
    expect(linesOf(worker).map(({ subject }) => subject.id)).toEqual(['t0']);
    for (const reason of ['answered 400: too long for …', 'the address of its text answered 404', 'its text is empty'])
      expect(worker.out()).toContain(reason);
  });

  test('a stop gives back what is under way at once, and exits 0', async () => {
    embeddings.answer = () => true;
    const space = await seedThreads(tenant, 3);
    const jobId = await space.reindex();
    const worker = start('stopped');
    await expect.poll(() => embeddings.asked.length, PATIENT).toBe(1);
    expect(await stopped(worker)).toBe(0);
    expect(worker.out()).toContain('Stopped: 0 done, 0 failed, 0 no longer ours, 3 given back');
    // At once, and that it was handed out is no try of it.
    const [door] = doors as [(typeof doors)[0]];
    const items = await door.claim(tenant, tenant.orgId);
    expect(items.map(({ tries }) => tries)).toEqual([1, 1, 1]);
    await door.report(
      tenant,
      tenant.orgId,
      items.map(({ item_id, lease }) => ({ item_id, lease, status: 'failed' })),
    );
    embeddings.answer = () => false;
    const next = start('next');
    await ends(jobId, 'completed');
    expect(await stopped(next)).toBe(0);
  });

  test('a job that is cancelled takes its items away, and the worker goes on', async () => {
    embeddings.answer = () => true;
    const space = await seedThreads(tenant, 2);
    const jobId = await space.reindex();
    const worker = start('goes-on');
    await expect.poll(() => embeddings.asked.length, PATIENT).toBe(1);
    await tenant.rest('POST', `${tenant.base}/jobs/${jobId}/cancel`);
    embeddings.answer = () => false;
    const other = await seedThreads(tenant, 2);
    const otherJob = await other.reindex();
    await ends(otherJob, 'completed');
    expect((await job(jobId)).status).toBe('cancelled');
    await stopped(worker);
    expect(linesOf(worker)).toHaveLength(2);
  });

  test('a wrong token, address, file or word is one line', async () => {
    const token = join(folder, 'token');
    const wrong = join(folder, 'wrong');
    writeFileSync(wrong, 'mm_tok_nobody');
    const run = (url: string, file: string, ...more: string[]) =>
      runCommand(['worker', '--url', url, '--token-file', file, '--sink', join(folder, 's'), ...more], {});
    const cases = [
      [await run(harness.url, wrong), 1, /refused the token \(401\)/],
      [await run(harness.url, join(folder, 'none')), 1, /--token-file: cannot read .* \(ENOENT\)/],
      [await run('http://127.0.0.1:1', token), 1, /http:\/\/127.0.0.1:1 could not be reached/],
      [await run(embeddings.url, token), 1, /answered 404/],
      [await run('nowhere', token), 2, /--url: expected an address/],
      [await run(harness.url, token, '--concurrency', '0'), 2, /--concurrency: expected a whole number from 1 to 64/],
      [await run(harness.url, token, '--sink', join(folder, 'no', 'such')), 1, /cannot write to .* \(ENOENT\)/],
    ] as const;
    for (const [{ code, stderr }, expected, line] of cases) {
      expect(stderr).toMatch(line);
      expect([code, stderr.trim().split('\n')]).toEqual([expected, [expect.anything()]]);
    }
  });

  test('`jobs` lists what a token sees and draws its progress; `--watch` ends when nothing is under way', async () => {
    const ask = (...words: string[]) =>
      runCommand(['jobs', '--url', harness.url, '--token-file', join(folder, 'token'), ...words], {});
    expect(await ask()).toEqual({ code: 0, stdout: 'No jobs.\n', stderr: '' });
    const space = await seedThreads(tenant, 2);
    const jobId = await space.reindex();
    const { stdout } = await ask();
    expect(stdout).toBe(
      `${jobId}  reindex  ░░░░░░░░░░░░░░░░░░░░  pending, 0 of 2 done  (namespace ${space.namespaceId})\n`,
    );
    expect(JSON.parse((await ask('--json')).stdout).jobs).toEqual([await job(jobId)]);
    const place = ['--url', harness.url, '--token-file', join(folder, 'token')];
    const watch = spawn(process.execPath, [BIN, 'jobs', ...place, '--watch'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void watch.kill('SIGKILL'));
    let drawn = '';
    watch.stdout.on('data', (chunk) => {
      drawn += chunk;
    });
    const watched = once(watch, 'close');
    await expect.poll(() => drawn, PATIENT).toContain(jobId);
    const worker = start('watched');
    await watched;
    expect(drawn.trim().split('\n').at(-1)).toContain(`${jobId} 100% completed, 2 of 2 done`);
    await stopped(worker);
    expect((await ask()).stdout).toContain('████████████████████  completed, 2 of 2 done');
  });
});
