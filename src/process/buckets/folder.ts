import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deps } from '../../resource/context.ts';

/** Buckets as folders of this machine. */
export function createLocalProvisioner(folder: string): Deps['provisioner'] {
  return {
    async provision(bucket) {
      await mkdir(join(folder, bucket), { recursive: true });
    },
  };
}
