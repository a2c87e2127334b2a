import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WorkItem, workItems } from '../../src/nouns/work-items/model.ts';
import { type Task, tasks } from '../../src/resource/task.ts';
import { type Store, StoreConflict } from '../../src/store/store.ts';
import { BIN, type Running, runCommand, startServer } from '../e2e/process.ts';
import {
  createClient,
  describeEngines,
  type Opened,
  openEngine,
  PATIENCE_MS,
  persist,
  type Tenant,
} from '../harness.ts';
import { required } from '../required.ts';
import { isSwept, leftBelow } from '../runner/swept.ts';
import { findDamage } from '../store/checker.ts';
import { doors, type Item, seedThreads } from './doors.ts';
import { type Front, startFront } from './front.ts';
import { type Embeddings, linesIn, startEmbeddings } from './work-place.ts';

const LONGER = process.env.SWITCHYARD_ROUNDS;
/** A stand-in of MongoDB takes long for each of them. */
const ROUNDS = { sqlite: Number(LONGER ?? 3), mongodb: Number(LONGER ?? 1) };
/** More than one commit lays out. */
const SOURCES = { sqlite: 210, mongodb: 24 };
const WORKSPACES = { sqlite: 12, mongodb: 3 };
const [rest] = doors as [(typeof doors)[0]];

describeEngines('kill -9 of servers with their runners, and of workers', (engine) => {
  const rounds = ROUNDS[engine];
  let opened: Opened;
  let front: Front;
  let embeddings: Embeddings;
  let folder: string;
  const servers: Running[] = [];
  const workers: ChildProcess[] = [];
  let env: Record<string, string>;
  beforeEach(async () => {
    opened = await openEngine(engine);
    folder = mkdtempSync(join(tmpdir(), 'switchyard-kills-'));
    const place = engine === 'sqlite' ? { DATA_DIR: dirname(opened.place) } : { MONGODB_URI: opened.place };
    env = { MONGODB_URI: '', DATA_DIR: folder, RATE_LIMIT_PER_MINUTE: '0', METRICS: 'off', ...place };
    front = await startFront();
    embeddings = await startEmbeddings();
  });
  afterEach(async () => {
    for (const { child } of servers) child.kill('SIGKILL');
    for (const worker of workers) worker.kill('SIGKILL');
    await Promise.all(servers.map(({ exit }) => exit));
    embeddings.close();
    front.close();
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const serve = async () => {
    const server = await startServer(env);
    servers.push(server);
    front.servers.push(server.url);
  };
  const kill = async ({ child, url, exit }: Running) => {
    servers.splice(
      servers.findIndex((one) => one.child === child),
      1,
    );
    front.servers.splice(front.servers.indexOf(url), 1);
    child.kill('SIGKILL');
    await exit;
  };
  let started = 0;
  const work = () => {
    started += 1;
    const sink = join(folder, `${started}.jsonl`);
    const options = ['--concurrency', '2', '--batch', '3', '--sink', sink];
    const place = ['--url', front.url, '--token-file', join(folder, 'token')];
    const OPENAI_KEY = JSON.stringify({ api_key: 'sk', base_url: embeddings.url });
    const worker = spawn(process.execPath, [BIN, 'worker', ...place, ...options], {
      env: { ...process.env, OPENAI_KEY },
      stdio: 'ignore',
    });
    workers.push(worker);
    // One that finds nobody at its start ends by itself.
    worker.once('exit', () => {
      const at = workers.indexOf(worker);
      if (at >= 0) workers.splice(at, 1);
    });
  };
  const staff = () => {
    while (workers.length < 3) work();
  };

  /** Every lease that is held now has lapsed: those of the killed, for which nobody has to wait here, and of the living. */
  async function lapse(store: Store, orgId: string, jobId: string): Promise<void> {
    const now = new Date().toISOString();
    const where = [
      { field: 'jobId', in: [jobId] },
      { field: 'status', in: ['working'] },
    ];
    const items = await store.page(workItems.collection, { orgId, where, order: 'asc', limit: 1_000 });
    const held = await store.page(tasks, { orgId: '', order: 'asc', limit: 1_000 });
    const changes = [
      ...items.docs.map((doc) => ({ in: workItems.collection, doc: lapsed<WorkItem>(doc, now) })),
      ...held.docs.filter(({ held }) => held).map((doc) => ({ in: tasks, doc: lapsed<Task>(doc, now) })),
    ];
    for (const { in: collection, doc } of changes)
      await store
        .commit([{ type: 'put', in: collection as never, doc, expected: doc.version - 1 }])
        .catch((error: unknown) => {
          if (!(error instanceof StoreConflict)) throw error;
        });
  }

  test(`nothing is lost and nothing done twice, in ${rounds} rounds`, async () => {
    const { store } = opened;
    const { stdout } = await runCommand(['org', 'create', 'Kills'], env);
    const { org_id: orgId, token } = JSON.parse(stdout);
    writeFileSync(join(folder, 'token'), token);
    await Promise.all([serve(), serve()]);
    const client = createClient(front.url, token);
    const tenant = {
      ...client,
      // What was refused may have happened: it is asked for again under the same key.
      rest: (method, path, body, headers = {}) => {
        const key: Record<string, string> = method === 'POST' ? { 'Idempotency-Key': crypto.randomUUID() } : {};
        return persist(() => client.rest(method, path, body, { ...key, ...headers }));
      },
      orgId,
      base: `/v1/orgs/${orgId}`,
    } as Tenant;
    const count = SOURCES[engine] * Math.max(1, rounds / 3);
    const sources = Array.from({ length: Math.min(10_000, Math.floor(count)) }, (_, at) => `s${at}`);
    const space = await seedThreads(tenant, 0, { sources });
    const jobId = await space.reindex();
    // Whoever asks takes a moment, so that a kill, and a lapse, find something in its hands.
    embeddings.answer = (input, respond) => {
      const data = input.map((text, index) => ({ index, embedding: [text.length, 1] }));
      setTimeout(() => respond(200, { data }), 200 + Math.random() * 400);
      return true;
    };
    const statusNow = async () => (await rest.job(tenant, orgId, jobId)).status;
    const progress = async () => (await rest.job(tenant, orgId, jobId)).progress as { done: number };
    const kept: string[] = [];
    const gone: string[] = [];
    const change = async (round: number) => {
      for (let at = 0; at < WORKSPACES[engine]; at += 1) {
        const name = `r${round} w${at}`;
        const path = `${tenant.base}/workspaces`;
        const key = { 'Idempotency-Key': name.replace(' ', '-') };
        const made = await tenant.rest('POST', path, { organization_id: orgId, name }, key);
        const id = made.body.workspace_id as string;
        if (at % 3 < 2) kept.push(id);
        else if ((await tenant.rest('DELETE', `${path}/${id}`)).status < 300) gone.push(id);
      }
    };
    const forgotten: Item[] = [];
    for (let round = 0; round < rounds; round += 1) {
      staff();
      const before = (await progress()).done;
      const writing = change(round);
      // Some are held by one who tells of them when it is too late.
      if (forgotten.length < 6) forgotten.push(...(await rest.claim(tenant, orgId, { limit: 2 })));
      const hasMoved = async () => (await progress()).done > before || (await statusNow()) === 'completed';
      await expect.poll(hasMoved, { timeout: PATIENCE_MS, interval: 20 }).toBe(true);
      await sleep(Math.random() * 200);
      const doomed = required(servers[Math.floor(Math.random() * servers.length)]);
      const killed = workers.splice(0, 1 + (round % 2)).map((worker) => {
        const exit = once(worker, 'exit');
        worker.kill('SIGKILL');
        return exit;
      });
      await Promise.all([...killed, kill(doomed)]);
      await lapse(store, orgId, jobId);
      await serve();
      await writing;
    }
    staff();
    const late = forgotten.map(({ item_id, lease }) => ({ item_id, lease, status: 'done' }));
    expect((await rest.report(tenant, orgId, late)).map(({ reason }) => reason)).toEqual(late.map(() => 'stale'));
    /** Whatever the machine does meanwhile: given up is what stands still. */
    const until = async (what: string, holds: () => Promise<boolean>) => {
      let [last, movedAt] = ['', performance.now()];
      while (!(await holds())) {
        const held = await store.page(tasks, { orgId: '', order: 'asc', limit: 1_000 });
        const now = JSON.stringify([await progress(), held.docs.map(({ id, version }) => [id, version])]);
        if (now !== last) [last, movedAt] = [now, performance.now()];
        if (performance.now() - movedAt > PATIENCE_MS) throw new Error(`nothing moves, yet ${what} is not so: ${now}`);
        await sleep(100);
      }
    };
    await until('the job has ended', async () => {
      staff();
      return (await statusNow()) === 'completed';
    });

    const total = sources.length;
    expect(await progress()).toEqual({ total, done: total, failed: 0, percent: 100 });
    expect((await space.get()).embedding_model_id).toBe(space.embeddingId);
    expect([...front.done.values()].filter((leases) => leases.size > 1)).toEqual([]);
    const files = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
    const vectors = files.flatMap((file) => linesIn(readFileSync(join(folder, file), 'utf8')));
    expect(new Set(vectors.map(({ subject }) => subject.id)).size).toBe(total);
    for (const id of kept)
      await until(`the bucket of ${id} is ready`, async () => {
        const { body } = await tenant.rest('GET', `${tenant.base}/workspaces/${id}`);
        return body.bucket_status === 'ready';
      });
    for (const id of gone) await until(`${id} is swept`, () => isSwept(store, { orgId, id }));
    expect(await leftBelow(store, gone)).toEqual([]);
    expect(await findDamage(store, orgId)).toEqual([]);
    process.stdout.write(
      `kill -9 on ${engine}: ${rounds} rounds, ${total} items and ${kept.length + gone.length} workspaces, 0 lost, 0 doubled, ${front.stale()} stale reports refused\n`,
    );
  }, 1_500_000);
});

function lapsed<D extends { version: number }>(doc: D, now: string): D {
  return { ...doc, dueAt: now, version: doc.version + 1 };
}
