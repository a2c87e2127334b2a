import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import type { Deps } from '../resource/context.ts';
import { NoAnswer } from './runner/call.ts';

/** A bucket's name by the rules of S3: lower case, digits and hyphens. */
export function bucketNameOf(workspaceId: string): string {
  return `switchyard-${workspaceId.replaceAll('_', '-')}`;
}

/** Buckets as folders of this machine. */
export function createLocalProvisioner(folder: string): Deps['provisioner'] {
  return {
    async provision(bucket) {
      await mkdir(join(folder, bucket), { recursive: true });
    },
  };
}

/** Why there is no bucket, for whoever may see the workspace: without the places of this machine. */
export function reasonOf(error: unknown): string {
  if (error instanceof NoAnswer) return `The bucket could not be made: ${error.message}`;
  const { code, errno } = error as NodeJS.ErrnoException;
  if (typeof errno !== 'number') return 'The bucket could not be made';
  return `The bucket could not be made: ${getSystemErrorMessage(errno)} (${code})`;
}
