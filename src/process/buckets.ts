import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deps } from '../resource/context.ts';

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
