import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for temporary files that nobody else can write to; null where it cannot be had. Node's own place for compiled code is the
 * same for all users of a machine: whoever makes it first says what the others run.
 * @param {string} name
 * @returns {string | null}
 */
export function ownFolder(name) {
  const uid = process.getuid?.();
  const folder = join(tmpdir(), uid === undefined ? name : `${name}-${uid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const made = lstatSync(folder);
    const isOurs = made.isDirectory() && (uid === undefined || (made.uid === uid && (made.mode & 0o022) === 0));
    return isOurs ? folder : null;
  } catch {
    return null;
  }
}
