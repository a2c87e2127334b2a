import { statSync } from 'node:fs';
import { StoreUnavailable } from '../store.ts';

/**
 * A file that was deleted, moved or replaced can be written to as long as it is open, and is lost with the process:
 * nothing that goes there may be acknowledged. Where the path leads to the same file again, all is well again.
 */
export function sameFile(path: string): () => void {
  // A database in memory has no file, neither now nor later.
  const find = () => statSync(path, { throwIfNoEntry: false });
  const opened = find();
  return () => {
    const today = find();
    if (today?.ino !== opened?.ino || today?.dev !== opened?.dev)
      throw new StoreUnavailable(`${path} is no longer the file that was opened`);
  };
}
