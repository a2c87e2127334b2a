import { lstatSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Who makes a backup says so in its folder, for whoever finds that later. */
const MAKER = 'maker';
/** Of makers of whom nothing can be told (of another machine or container), what was not touched for so long is nobody's. */
const DAY_MS = 86_400_000;

interface Maker {
  /** Within which a process id names one process. */
  realm: string;
  pid: number;
}

export function signFolder(folder: string): void {
  writeFileSync(join(folder, MAKER), JSON.stringify({ realm: realmHere(), pid: process.pid } satisfies Maker));
}

/** Takes away what runs that were killed have left of this backup; what is in the way of that is no reason not to make one. */
export function removeAbandoned(place: string, names: readonly string[]): void {
  for (const folder of foldersBeside(place)) {
    try {
      removeIfAbandoned(folder, [...names, MAKER]);
    } catch {
      // Somebody else's, or taken away by another run just now.
    }
  }
}

/** Those whose names `mkdtemp` may have made. */
function foldersBeside(place: string): string[] {
  const [folder, prefix] = [dirname(place), `${basename(place)}.`];
  const isLike = (name: string) => name.startsWith(prefix) && /^[A-Za-z0-9]{6}$/.test(name.slice(prefix.length));
  try {
    return readdirSync(folder)
      .filter(isLike)
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Only a folder of our own that holds nothing but what a backup makes, and never more than that is removed. */
function removeIfAbandoned(folder: string, names: readonly string[]): void {
  const { uid, mtimeMs } = lstatSync(folder);
  const inside = readdirSync(folder);
  if (uid !== process.getuid?.() || !inside.every((name) => names.includes(name))) return;
  if (!inside.includes(MAKER)) return;
  const touchedMs = Math.max(mtimeMs, ...inside.map((name) => lstatSync(join(folder, name)).mtimeMs));
  const { realm, pid } = JSON.parse(readFileSync(join(folder, MAKER), 'utf8')) as Maker;
  const isGone = realm === realmHere() ? !isAlive(pid) : Date.now() - touchedMs > DAY_MS;
  if (!isGone) return;
  for (const name of inside) rmSync(join(folder, name), { force: true });
  rmdirSync(folder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The machine, and the container where there is one: both may give the same process id to others. */
function realmHere(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
