import { lstatSync, mkdtempSync, readlinkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StartRefused, UsageRefused } from '../../words/refused.ts';
import { removeAbandoned, signFolder } from './abandoned.ts';

const PARTIAL = 'partial';
const ASIDE = 'copy';
/** All that is made beside a backup; SQLite has files of its own beside the copy. */
const NAMES = [PARTIAL, ASIDE, ...['-journal', '-wal', '-shm'].map((end) => `${ASIDE}${end}`)];

/** Where a backup goes: made in a folder beside its place, which is its owner's alone and no other run's, and moved there when it is whole. */
export interface Target {
  partial: string;
  /** For a copy that is read meanwhile. */
  aside: string;
  keep(): void;
  clear(): void;
}

/** Refuses a place at which a backup would take something else's. `store`: the database's file, where it is one. */
export function openTarget(file: string, store: string | null): Target {
  if (file === '') throw new UsageRefused('backup: expected the name of a file');
  const place = followed(file);
  const there = statSync(place, { throwIfNoEntry: false });
  if (there && !there.isFile()) throw new StartRefused(`backup: cannot write ${file}: it is not a regular file`);
  if (store !== null && isOfStore(place, store))
    throw new StartRefused(`backup: cannot write ${file}: that is the store itself; name another file`);
  removeAbandoned(place, NAMES);
  const folder = mkdtempSync(`${place}.`);
  const partial = join(folder, PARTIAL);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const release = onStop(remove);
  // Heard until it is away: a signal in between would end the process, and leave the rest.
  const clear = () => {
    remove();
    release();
  };
  try {
    signFolder(folder);
  } catch (error) {
    clear();
    throw error;
  }
  return { partial, aside: join(folder, ASIDE), keep: () => renameSync(partial, place), clear };
}

/** A link stays one: what it leads to is written. */
function followed(file: string): string {
  if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return file;
  const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
  return isThere ? realpathSync(file) : resolve(dirname(file), readlinkSync(file));
}

/** By another name, too. */
function isOfStore(place: string, store: string): boolean {
  return [store, `${store}-wal`, `${store}-shm`].some((own) => {
    const [one, other] = [own, place].map((path) => statSync(path, { throwIfNoEntry: false }));
    if (one && other) return one.ino === other.ino && one.dev === other.dev;
    return basename(own) === basename(place) && isSame(dirname(own), dirname(place));
  });
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Who is told to stop leaves nothing lying about, and then stops as ever. */
function onStop(clear: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = (signal: NodeJS.Signals) => {
    clear();
    release();
    process.kill(process.pid, signal);
  };
  const release = () => {
    for (const signal of signals) process.off(signal, stop);
  };
  for (const signal of signals) process.on(signal, stop);
  return release;
}
