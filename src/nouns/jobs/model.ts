import { defineNoun } from '../../resource/noun.ts';
import { object } from '../../store/complete.ts';
import type { Doc } from '../../store/store.ts';

export interface Job extends Doc {
  kind: 'reindex';
  status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
  progress: { total: number; done: number; failed: number; percent: number };
  resourceType: string;
  resourceId: string;
  workspaceId: string | null;
  error: string | null;
}

export const jobs = defineNoun<Job>({
  type: 'Job',
  resource: 'job',
  permission: 'jobs',
  collection: {
    name: 'jobs',
    first: {
      kind: 'reindex',
      status: 'pending',
      progress: object<Job['progress']>({ total: 0, done: 0, failed: 0, percent: 0 }),
      resourceType: '',
      resourceId: '',
      workspaceId: null,
      error: null,
    },
    columns: ['workspaceId', 'status'],
    scopes: ['resourceId'],
    totals: [[]],
  },
});
