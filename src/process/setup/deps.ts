import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { collections } from '../../catalog/collections.ts';
import type { Deps } from '../../resource/context.ts';
import type { Tell } from '../../store/derived.ts';
import { openSqlite } from '../../store/sqlite/engine.ts';
import type { Store } from '../../store/store.ts';
import { createBell } from '../../words/bell.ts';
import { createIds } from '../../words/ids.ts';
import { StartRefused } from '../../words/refused.ts';
import { createLocalProvisioner } from '../buckets/folder.ts';
import { type Config, usesS3 } from './config.ts';
import type { Env } from './env.ts';
import { createLog, WHOLE_BYTES } from './log.ts';
import { secretOf } from './secret-files.ts';

const BUCKETS = 'buckets';
const AS_FILE = constants.R_OK | constants.W_OK;
const AS_FOLDER = AS_FILE | constants.X_OK;

/** The real world: the wall clock, the system's randomness, the configured engine, with its own patience where none is given. */
export async function createDeps(config: Config, env: Env, patienceMs?: number): Promise<Deps> {
  const log = createLog(config.LOG_LEVEL, config.WORKERS > 1 ? WHOLE_BYTES : undefined);
  const now = Date.now;
  return {
    store: await openStore(config, log, patienceMs),
    now,
    elapsed: () => performance.now(),
    ids: createIds(now),
    random: Math.random,
    randomBytes,
    log,
    provisioner: await createProvisioner(config),
    env: secretOf(env),
    rolesAreClaimed: config.OIDC_ROLE_CLAIM !== undefined,
    allowPrivateAddresses: config.ALLOW_PRIVATE_ADDRESSES,
    wake: () => {},
    bell: createBell(),
  };
}

/** The SDK is loaded where it is used. */
async function createProvisioner(config: Config): Promise<Deps['provisioner']> {
  if (!usesS3(config)) return createLocalProvisioner(join(config.DATA_DIR, BUCKETS));
  const { createS3Provisioner } = await import('../buckets/s3.ts');
  return createS3Provisioner(config);
}

async function openStore(config: Config, log: Logger, patienceMs: number | undefined): Promise<Store> {
  const tell: Tell = (message, details) => log.warn(details, message);
  const now = () => new Date().toISOString();
  if (config.MONGODB_URI !== undefined) {
    // The driver is loaded where it is used: the embedded engine starts faster without it.
    const { openMongo } = await import('../../store/mongodb/open.ts');
    return openMongo({ uri: config.MONGODB_URI, collections, now, tell, patienceMs });
  }
  const file = databaseFile(dataFolder(config.DATA_DIR));
  // SQLite would open for reading only what it cannot write, and serve until the first change.
  for (const path of [file, `${file}-wal`, `${file}-shm`]) mustBeWritable(path, AS_FILE);
  return openSqlite({ file, collections, now, tell });
}

export function databaseFile(folder: string): string {
  return join(folder, 'switchyard.db');
}

/** Level by level: `mkdirSync` with `recursive` never returns where a file system says ENOENT below a folder that is there. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
  }
}

/** The folder, made where it is missing; one that cannot be written to stops the start, and so does what another user left in it. */
export function dataFolder(folder: string): string {
  try {
    makeFolder(resolve(folder));
  } catch (error) {
    throw new StartRefused(`DATA_DIR: cannot make ${folder}: ${(error as Error).message}`);
  }
  mustBeWritable(folder, AS_FOLDER);
  mustBeWritable(join(folder, BUCKETS), AS_FOLDER);
  return folder;
}

function mustBeWritable(path: string, mode: number): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new StartRefused(`DATA_DIR: cannot write to ${path}: ${(error as Error).message}`);
  }
}
