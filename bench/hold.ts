/**
 * How long one request can hold the process: what the thread works at most in one turn of the event loop while it is answered,
 * for the dearest requests that the limits allow. The client is a thread of its own and parses nothing:
 * `npx node bench/hold.ts [documents|answers|bodies|large] [WORD]`, WORD as in the kinds' names (with MONGODB_TEST_URI on MongoDB too).
 */
import { request } from 'node:http';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type EngineName, MONGODB_URI, startHarness } from '../test/harness.ts';
import { required } from '../test/required.ts';
import { seed } from '../test/seed.ts';
import { answers, bodies, documents, large, type Sent } from './hold-kinds.ts';

const GROUPS = { documents, answers, bodies, large };
const [group = '', word = ''] = process.argv.slice(2);

const HEAD = 60;

if (isMainThread)
  for (const engine of ['sqlite', ...(MONGODB_URI ? ['mongodb'] : [])] as EngineName[]) await measure(engine);
else serveRequests(workerData as { url: string; token: string });

interface Answered {
  status: number;
  bytes: number;
  /** How the answer begins. */
  head: string;
}

function serveRequests({ url, token }: { url: string; token: string }): void {
  required(parentPort).on('message', ({ method, path, body, headers }: Sent) => {
    const all = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers };
    const answered = (answer: Answered) => required(parentPort).postMessage(answer);
    const sent = request(url + path, { method, headers: all }, (res) => {
      let bytes = 0;
      let head = '';
      res.on('data', (chunk: Buffer) => {
        if (bytes === 0) head = chunk.toString('utf8', 0, HEAD);
        bytes += chunk.length;
      });
      res.on('close', () => answered({ status: required(res.statusCode), bytes, head }));
    });
    sent.on('error', () => answered({ status: 0, bytes: 0, head: '' }));
    sent.end(body);
  });
}

async function measure(engine: EngineName): Promise<void> {
  const harness = await startHarness(engine, { requestMs: 30_000 });
  const tenant = await harness.org();
  const seeded = await seed(tenant);
  const client = new Worker(new URL(import.meta.url), { workerData: { url: harness.url, token: tenant.token } });
  let serial = 0;
  const held = async (sent: Sent) => {
    serial += 1;
    const text = JSON.stringify({ headers: {}, ...sent, body: '' }).replaceAll('@@', String(serial));
    const body = sent.body.replaceAll('@@', String(serial));
    const answer = new Promise<Answered>((resolve) => client.once('message', resolve));
    client.postMessage({ ...(JSON.parse(text) as Sent), body });
    const stop = watchTurns();
    const answered = await answer;
    return { sent, ms: stop(), ...answered };
  };
  process.stdout.write(`\n${engine}\n`);
  for (const [name, make] of Object.entries(GROUPS)) {
    if (!name.startsWith(group)) continue;
    for (const kind of await make(tenant, seeded)) {
      if (!kind.name.includes(word)) continue;
      const tried = [];
      for (const sent of kind.send()) tried.push(await held(sent));
      const dearest = tried.sort((a, b) => b.ms - a.ms).slice(0, 3);
      // The least of three tries of each: what else the machine does only adds.
      for (const one of dearest)
        for (let again = 0; again < 2; again += 1) one.ms = Math.min(one.ms, (await held(one.sent)).ms);
      const { ms, status, bytes, head, sent } = required(dearest.sort((a, b) => b.ms - a.ms)[0]);
      const which = tried.length > 1 ? `  ${sent.label}` : '';
      process.stdout.write(
        `  ${`${name}: ${kind.name}`.padEnd(64)} ${ms.toFixed(1).padStart(8)} ms  ${status}  ${bytes} bytes  ${head}${which}\n`,
      );
    }
  }
  await client.terminate();
  await harness.close();
}

/** Answers what the longest turn has worked: what else the machine does would be in its duration. */
function watchTurns(): () => number {
  let longest = 0;
  let last = process.threadCpuUsage();
  let isOver = false;
  const look = () => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    longest = Math.max(longest, (user + system) / 1_000);
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  return () => {
    isOver = true;
    return longest;
  };
}
