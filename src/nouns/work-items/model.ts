import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import { listOf } from '../../store/complete.ts';
import type { Doc } from '../../store/store.ts';
import { within } from '../../validation/fields.ts';

/** One thing to do of a job: the embedding of a thread or a source. Whoever holds its lease works on it. */
export interface WorkItem extends Doc {
  jobId: string;
  workspaceId: string;
  appId: string;
  namespaceId: string;
  subjectType: SubjectType;
  subjectId: string;
  status: ItemStatus;
  /** How often it has been handed out since the job was asked for, or retried. */
  tries: number;
  /** The proof of whoever works on it: each claim makes another. */
  lease: string | null;
  leaseSeconds: number;
  /** From when on it may be claimed: where it is held, the end of the lease; null: never again. */
  dueAt: string | null;
  worker: string | null;
  error: string | null;
  /** What was accepted under each lease that a report has ended, so that the same report is accepted again. */
  reports: { lease: string; status: 'done' | 'failed' }[];
  /** Of which run of the job: each retry is a further one. */
  run: number;
}

export type SubjectType = 'thread' | 'source';

export const ITEM_STATUS = {
  pending: 'To be claimed.',
  working: 'Held under a lease.',
  done: 'Done.',
  failed: 'Failed for good.',
  cancelled: 'No longer wanted.',
};
export type ItemStatus = keyof typeof ITEM_STATUS;

/** The handing out after which an item has failed for good, once that has failed or lapsed too. */
export const TRIES_MAX = 5;

/** Its lane is its job, so that a claim costs the same however many items that has; jobs sort by creation. */
export const workItems = defineNoun<WorkItem>({
  type: 'WorkItem',
  resource: 'work_item',
  permission: 'jobs',
  isPart: true,
  collection: {
    name: 'workItems',
    first: {
      jobId: '',
      workspaceId: '',
      appId: '',
      namespaceId: '',
      subjectType: 'thread',
      subjectId: '',
      status: 'pending',
      tries: 0,
      lease: null,
      leaseSeconds: 60,
      dueAt: null,
      worker: null,
      error: null,
      reports: listOf<WorkItem['reports'][number]>({ lease: '', status: 'done' }),
      run: 1,
    },
    columns: ['status'],
    scopes: ['jobId', 'namespaceId', 'appId', 'workspaceId'],
    ancestors: [
      { field: 'workspaceId', in: 'workspaces' },
      { field: 'appId', in: 'apps' },
      { field: 'namespaceId', in: 'namespaces' },
    ],
    queue: { lane: 'jobId', due: 'dueAt' },
  },
});

const seconds = (least: number, most: number) => z.int().min(least).max(most);

export const claimBody = z.object({
  limit: z.int().min(1).max(100).default(10).describe('How many items to claim at most.'),
  leaseSeconds: seconds(5, 3600).default(60).describe('How long the leases last; `working` extends one.'),
  waitSeconds: seconds(0, 20).default(0).describe('How long to wait where there is nothing to claim.'),
  jobId: z.string().nullable().optional().describe('Only items of this job; by default those of the oldest one first.'),
  worker: z.string().max(255).nullable().optional().describe('Who works; free, for people.'),
});

const result = z
  .object({
    itemId: z.string().describe('The item.'),
    lease: z.string().describe('Its lease, as it was claimed.'),
    status: z
      .enum(['done', 'failed', 'working'])
      .describe('What came of it; `working` extends the lease and changes nothing else.'),
    error: z.string().max(2_000).nullable().optional().describe('Why it failed.'),
    overlap: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .optional()
      .describe('Of an item that was sampled: how far the neighbours by the new vectors are those by the old ones.'),
    leaseSeconds: seconds(5, 3600)
      .nullable()
      .optional()
      .describe('Of `working`: how long the lease lasts from now on; by default as long as it was claimed for.'),
  })
  .describe('What came of one item.');
export type Reported = z.output<typeof result>;

export const reportBody = z.object({
  results: z.array(result).min(1).max(100).describe('What came of which items; 1–100.'),
});

export const claimInput = claimBody.extend(within);
export const reportInput = reportBody.extend(within);
