/**
 * Writers of one organization on MongoDB, in one process and in several: how many commands and transactions a create takes.
 * `npx node bench/contention.ts [creates]`; each process is a store with connections of its own.
 */
import { collections } from '../src/catalog/collections.ts';
import { auditEvents } from '../src/resource/audit-event.ts';
import { openMongo } from '../src/store/mongodb/open.ts';
import type { Doc, Store } from '../src/store/store.ts';
import { createIds } from '../src/words/ids.ts';
import { findMongo, HOW_TO_GET_ONE } from '../test/mongo-server.ts';
import { required } from '../test/required.ts';
import { listenIn } from '../test/store/commands-sent.ts';

const SHAPES = [
  { processes: 1, writers: 1 },
  { processes: 1, writers: 8 },
  { processes: 1, writers: 50 },
  { processes: 2, writers: 25 },
  { processes: 8, writers: 6 },
];

const creates = Number(process.argv[2] ?? 300);
const server = await findMongo(process.env);
if (!server) throw new Error(`there is no MongoDB here: ${HOW_TO_GET_ONE}`);
const { uri, kind } = server;
const ids = createIds(Date.now);
const now = () => new Date().toISOString();

/** An audit event, and with it one of the org's feed: what every change leaves. */
function create(store: Store): Promise<unknown> {
  const [id, at] = [ids.next('evt_'), now()];
  const base = { id, orgId: 'org_1', version: 1, createdAt: at, updatedAt: at, createdBy: null };
  const what = { action: 'app.create', at, actorId: null, resourceType: 'app', resourceId: 'app_1', workspaceId: null };
  const doc: Doc = { ...base, ...what, requestId: 'r', changes: {} } as Doc;
  return store.commit([{ type: 'insert', in: auditEvents.collection, doc }]);
}

async function measure({ processes, writers }: (typeof SHAPES)[number]): Promise<string> {
  const place = new URL(uri);
  place.pathname = `/contention_${crypto.randomUUID().slice(0, 8)}`;
  let commands = 0;
  let begun = 0;
  const ear = await listenIn(place.href, ({ name, body }) => {
    if (body.txnNumber !== undefined || name === 'find') commands += 1;
    if (body.startTransaction) begun += 1;
  });
  const open = () => openMongo({ uri: ear.through(place.href), collections, now, patienceMs: 120_000 });
  const stores = await Promise.all(Array.from({ length: processes }, open));
  for (const store of stores) await create(store);
  let groups = 0;
  for (const { stats } of stores)
    stats.onGroup = () => {
      groups += 1;
    };
  [commands, begun] = [0, 0];
  let left = creates;
  const took: number[] = [];
  const writer = async (store: Store) => {
    for (; left > 0; ) {
      left -= 1;
      const since = performance.now();
      await create(store);
      took.push(performance.now() - since);
    }
  };
  const since = performance.now();
  await Promise.all(stores.flatMap((store) => Array.from({ length: writers }, () => writer(store))));
  const perSecond = (took.length / (performance.now() - since)) * 1_000;
  await Promise.all(stores.map((store) => store.close()));
  ear.close();
  took.sort((a, b) => a - b);
  const percentile = (share: number) => required(took[Math.floor((took.length - 1) * share)]).toFixed(0);
  return [
    `${processes} × ${writers}`,
    perSecond.toFixed(0),
    (commands / took.length).toFixed(2),
    (took.length / groups).toFixed(1),
    (begun / groups).toFixed(1),
    `${percentile(0.5)} / ${percentile(0.99)}`,
  ].join(' | ');
}

const head = [
  'processes × writers',
  'creates a second',
  'commands a create',
  'creates a commit',
  'tries a commit',
  'p50 / p99 ms',
];
process.stdout.write(
  `One organization on ${kind}:\n| ${head.join(' | ')} |\n| ${head.map(() => '---').join(' | ')} |\n`,
);
for (const shape of SHAPES) process.stdout.write(`| ${await measure(shape)} |\n`);
await server.stop();
