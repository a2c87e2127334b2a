/** The servers of one engine, each with the same data. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, runCommand } from '../../test/e2e/process.ts';
import { findMongo, HOW_TO_GET_ONE, type TestServer } from '../../test/mongo-server.ts';
import { required } from '../../test/required.ts';
import { HERE, PYTHON } from './install.ts';
import { openMongo } from './mongo.ts';
import type { EngineName, Extent } from './options.ts';
import { type Served, start } from './processes.ts';
import { openSqlite } from './sqlite.ts';
import type { ContenderName } from './works.ts';
import { loadPolicies, makeWorld, type World } from './world.ts';

export interface Bed {
  engine: EngineName;
  /** Of the database, where it is a server: what it is, in words. */
  database: string;
  world: World;
  servers: Partial<Record<ContenderName, Served>>;
  stop(): Promise<void>;
}

/** The product as shipped; the one thing that is switched off is the limit of requests a minute, by its variable. */
export const startOurs = (env: NodeJS.ProcessEnv) =>
  start(process.execPath, [BIN, 'serve', '--no-demo'], {
    PORT: '0',
    RATE_LIMIT_PER_MINUTE: '0',
    MONGODB_URI: '',
    ...env,
  });

/** What watching the product costs is what it costs more than this. */
const QUIET = { METRICS: 'off', LOG_LEVEL: 'warn' };

/** Makes the data once, on SQLite; whichever engine begins from it. */
export async function seedOnce(
  folder: string,
  { namespaces, policies }: Pick<Extent, 'namespaces' | 'policies'>,
): Promise<World> {
  const env = { DATA_DIR: join(folder, 'seed'), MONGODB_URI: '' };
  const { stdout } = await runCommand(['org', 'create', 'Bench', '--json'], env);
  const { org_id: orgId, token } = JSON.parse(stdout) as { org_id: string; token: string };
  const server = await startOurs(env);
  const world = await makeWorld({ url: server.url, orgId, token }, namespaces, policies);
  await server.stop();
  await loadPolicies(join(folder, 'seed', 'switchyard.db'), policies);
  return world;
}

export async function setUp(
  engine: EngineName,
  folder: string,
  world: World,
  names: ReadonlySet<ContenderName>,
): Promise<Bed | string> {
  if (engine === 'sqlite') return onSqlite(folder, world, names);
  const database = await findMongo(process.env);
  if (!database) return `MongoDB is left out; to have it, ${HOW_TO_GET_ONE}.`;
  process.once('exit', () => void database.kill());
  return onMongo(folder, world, database).catch(async (error: unknown) => {
    await database.stop();
    throw error;
  });
}

async function onSqlite(folder: string, world: World, names: ReadonlySet<ContenderName>): Promise<Bed> {
  const seeded = (name: ContenderName): string => {
    cpSync(join(folder, 'seed'), join(folder, name), { recursive: true });
    return join(folder, name);
  };
  const PLACE = join(folder, 'peers.db');
  const store = openSqlite(PLACE, world.orgId);
  await store.load(world.documents);
  await store.close();
  const env = peerEnv(PLACE, world);
  const servers: Bed['servers'] = { ours: await startOurs({ DATA_DIR: seeded('ours') }) };
  for (const name of names)
    if (name === 'fastapi') servers[name] = await start(PYTHON, [join(HERE, 'fastapi_peer.py')], env);
    else if (name === 'quiet') servers[name] = await startOurs({ DATA_DIR: seeded(name), ...QUIET });
    else if (name !== 'ours') servers[name] = await startPeer(name, env);
  return { engine: 'sqlite', database: '', world, servers, stop: () => stopAll(servers) };
}

async function onMongo(folder: string, world: World, database: TestServer): Promise<Bed> {
  const uri = new URL(database.uri);
  uri.pathname = '/switchyard';
  const from = `sqlite:${join(folder, 'seed', 'switchyard.db')}`;
  const { code, stderr } = await runCommand(['copy', '--from', from, '--to', uri.href], {});
  if (code !== 0) throw new Error(`the copy failed: ${stderr}`);
  const store = await openMongo(database.uri);
  await store.load(world.documents);
  await store.close();
  const DATA_DIR = join(folder, 'beside-mongodb');
  mkdirSync(DATA_DIR, { recursive: true });
  const servers = {
    ours: await startOurs({ DATA_DIR, MONGODB_URI: uri.href }),
    raw: await startPeer('raw', peerEnv(database.uri, world)),
  };
  const stop = async () => {
    await stopAll(servers);
    await database.stop();
  };
  return { engine: 'mongodb', database: database.kind, world, servers, stop };
}

const startPeer = (name: ContenderName, env: NodeJS.ProcessEnv) =>
  start(process.execPath, [join(HERE, `${name}.${name === 'raw' ? 'ts' : 'mjs'}`)], env);

const peerEnv = (PLACE: string, { orgId, documents }: World): NodeJS.ProcessEnv => ({
  PLACE,
  ORG: orgId,
  CREATED_BY: String(required(documents.namespaces[0]).createdBy),
});

async function stopAll(servers: Bed['servers']): Promise<void> {
  for (const server of Object.values(servers)) await server.stop();
}
