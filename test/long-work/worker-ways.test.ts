import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import tty from 'node:tty';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDisplay } from '../../src/worker/display.ts';
import { describeEngines, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { doors, seedThreads } from './doors.ts';
import { startFront } from './front.ts';
import {
  type Embeddings,
  linesIn,
  linesOf,
  openWorkPlace,
  PATIENT,
  startEmbeddings,
  stopped,
  type WorkPlace,
} from './work-place.ts';

const [rest] = doors as [(typeof doors)[0]];

describeEngines('the ways of the reference worker', (engine) => {
  let place: WorkPlace;
  let tenant: Tenant;
  let embeddings: Embeddings;
  beforeEach(async () => {
    place = await openWorkPlace(engine);
    ({ tenant, embeddings } = place);
  });
  afterEach(() => place.close());

  /** Another key, or another place for it. */
  const moveAccount = (accountId: string, reference: string) =>
    tenant.rest('PATCH', `${tenant.base}/provider-accounts/${accountId}`, { credentials_ref: reference });

  test('vectors are posted to an address, again where that was away, and only then reported', async () => {
    const space = await seedThreads(tenant, 5);
    const jobId = await space.reindex();
    const sink = await startSink(async (tries, posted) => {
      // Whatever is posted is not done yet.
      posted.push(String((await place.job(jobId)).progress.done));
      return tries === 1 ? 503 : 204;
    });
    const worker = place.start('posts', ['--sink', sink.url, '--batch', '5']);
    await place.ends(jobId, 'completed');
    expect(await stopped(worker)).toBe(0);
    sink.close();
    expect(sink.types).toEqual(['application/x-ndjson', 'application/x-ndjson']);
    const [first, second] = sink.bodies;
    expect(second).toBe(first);
    const lines = linesIn(required(second));
    expect(lines.map(({ subject }) => subject.id).sort()).toEqual(['t0', 't1', 't2', 't3', 't4']);
    expect(lines[0]).toMatchObject({
      job_id: jobId,
      workspace_id: space.workspaceId,
      namespace_id: space.namespaceId,
      embedding_model_id: space.embeddingId,
      vector: [2, expect.any(Number)],
    });
    expect(sink.notes).toEqual(['0', '0']);
  });

  test('a server that is not ready yet is waited for', async () => {
    const front = await startFront();
    const space = await seedThreads(tenant, 2);
    const jobId = await space.reindex();
    const worker = place.start('waits', ['--url', front.url]);
    await expect.poll(() => front.refused(), PATIENT).toBeGreaterThan(1);
    front.servers.push(place.harness.url);
    await place.ends(jobId, 'completed');
    expect(await stopped(worker)).toBe(0);
    front.close();
  });

  test('an address that takes no vectors ends the worker in one line; its items are no worse for it', async () => {
    const sink = await startSink(async () => 400);
    const space = await seedThreads(tenant, 2);
    const jobId = await space.reindex();
    const worker = place.start('refused', ['--sink', sink.url]);
    expect(await worker.exit).toBe(1);
    sink.close();
    expect(worker.out()).toContain('the address for vectors answered 400');
    expect(worker.out()).toContain('2 given back');
    place.harness.clock.offsetMs += 6_000;
    const items = await rest.claim(tenant, tenant.orgId, { job_id: jobId });
    expect(items.map(({ tries }) => tries)).toEqual([1, 1]);
  });

  test('an account that is to rest is left alone, with all that waits for it, while others go on', async () => {
    const busy = await startEmbeddings();
    busy.answer = (_, respond) => {
      respond(429, { error: { message: 'quota' } }, { 'Retry-After': '3600' });
      return true;
    };
    const waits = await seedThreads(tenant, 6);
    await moveAccount(waits.accountId, 'env:BUSY_KEY');
    const first = await waits.reindex();
    const BUSY_KEY = JSON.stringify({ api_key: 'sk-busy', base_url: busy.url });
    const options = ['--batch', '1', '--concurrency', '2'];
    const worker = place.start('rests', options, { BUSY_KEY });
    await expect.poll(() => worker.out(), PATIENT).toMatch(/waits 3600 s: answered 429: quota/);
    const other = await seedThreads(tenant, 3);
    await place.ends(await other.reindex(), 'completed');
    expect(worker.out()).toMatch(new RegExp(`leaves ${first} to others for \\d+ s: answered 429: quota`));
    // Both places may have asked before either was told.
    expect(busy.asked.length).toBeLessThanOrEqual(2);
    busy.answer = () => false;
    await stopped(worker);
    place.harness.clock.offsetMs += 6_000;
    const next = place.start('next', options, { BUSY_KEY });
    await place.ends(first, 'completed');
    await stopped(next);
    busy.close();
  });

  test('credentials that are kept elsewhere are said to be, their job is left to others and loses no try', async () => {
    const space = await seedThreads(tenant, 3);
    await moveAccount(space.accountId, 'vault:secret/openai');
    const jobId = await space.reindex();
    const worker = place.start('leaves');
    const why = 'the credentials are kept by vault:…, and this worker reads env:NAME alone';
    await expect.poll(() => worker.out(), PATIENT).toMatch(new RegExp(`leaves ${jobId} to others for 60 s: ${why}`));
    const other = await seedThreads(tenant, 3);
    await place.ends(await other.reindex(), 'completed');
    expect(await stopped(worker)).toBe(0);
    expect(linesOf(worker)).toHaveLength(3);
    expect((await place.job(jobId)).progress).toMatchObject({ done: 0, failed: 0 });
    expect(embeddings.asked.flatMap(({ input }) => input)).toHaveLength(3);
    place.harness.clock.offsetMs += 6_000;
    const items = await rest.claim(tenant, tenant.orgId, { job_id: jobId });
    expect(items.map(({ tries }) => tries)).toEqual([1, 1, 1]);
  });
});

test.each([
  ['', true],
  ['1', false],
])('on a terminal with NO_COLOR=%s, colours: %s', (value, isColoured) => {
  vi.stubEnv('NO_COLOR', value);
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('CI', undefined);
  vi.stubEnv('TERM', 'xterm-256color');
  vi.stubEnv('NODE_DISABLE_COLORS', undefined);
  const { getColorDepth, hasColors } = tty.WriteStream.prototype;
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 20, getColorDepth, hasColors });
  let drawn = '';
  terminal.on('data', (chunk) => {
    drawn += chunk;
  });
  const progress = { total: 4, done: 2, failed: 0, percent: 50 };
  const what = { kind: 'reindex', resource_type: 'namespace', resource_id: 'ns_1', error: null };
  const display = createDisplay(terminal as unknown as NodeJS.WriteStream);
  display.shows({ job_id: 'job_1', status: 'running', progress, ...what });
  display.close();
  vi.unstubAllEnvs();
  expect(drawn).toContain('50%');
  expect(drawn.includes('\u001b[32m')).toBe(isColoured);
});

/** An address that vectors are posted to: answers as it is told, and notes what was so at that moment. */
async function startSink(answer: (tries: number, notes: string[]) => Promise<number>) {
  const bodies: string[] = [];
  const types: (string | undefined)[] = [];
  const notes: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    types.push(request.headers['content-type']);
    response.writeHead(await answer(bodies.length, notes), { 'Retry-After': '1' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/vectors`, bodies, types, notes, close: () => void server.close() };
}
