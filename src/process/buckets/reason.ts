import { getSystemErrorMap } from 'node:util';
import { NoAnswer } from './call.ts';

const NO_BUCKET = 'The bucket could not be made';

/** Why a provisioner made none, in words that hold neither secrets nor places of this machine. */
export class BucketRefused extends Error {}

/** Why there is no bucket, for whoever may see the workspace: without the places of this machine. */
export function reasonOf(error: unknown): string {
  if (error instanceof NoAnswer || error instanceof BucketRefused) return `${NO_BUCKET}: ${error.message}`;
  const words = systemWords(error);
  return words === null ? NO_BUCKET : `${NO_BUCKET}: ${words}`;
}

const messages = new Map(getSystemErrorMap().values());

/** What the operating system says: `permission denied (EACCES)`. */
export function systemWords(error: unknown): string | null {
  const { code } = error as NodeJS.ErrnoException;
  const message = messages.get(code ?? '');
  return message === undefined ? null : `${message} (${code})`;
}
