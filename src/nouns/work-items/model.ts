import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { listOf } from '../../store/complete.ts';
import { within } from '../../validation/fields.ts';

export type SubjectType = 'thread' | 'source';

export const ITEM_STATUS = {
  pending: 'To be claimed.',
  working: 'Held under a lease.',
  done: 'Done.',
  failed: 'Failed for good.',
  cancelled: 'No longer wanted.',
};
export type ItemStatus = keyof typeof ITEM_STATUS;

interface EndedLease {
  lease: string;
  status: 'done' | 'failed';
}

/** The handing out after which an item has failed for good, once that has failed or lapsed too. */
export const TRIES_MAX = 5;

const text = field.internal('');
const optional = field.internal<string | null>(null);

const fields = {
  jobId: text,
  workspaceId: text,
  appId: text,
  namespaceId: text,
  subjectType: field.internal<SubjectType>('thread'),
  subjectId: text,
  status: field.internal<ItemStatus>('pending'),
  /** How often it has been handed out since the job was asked for, or retried. */
  tries: field.internal(0),
  /** The proof of whoever works on it: each claim makes another. */
  lease: optional,
  leaseSeconds: field.internal(60),
  /** Its holder wants it no longer: when its lease ends, that was no try. */
  isGivenBack: field.internal(false),
  /** From when on it may be claimed: where it is held, the end of the lease; null: never again. */
  dueAt: optional,
  worker: optional,
  error: optional,
  /** What was accepted under each lease that a report has ended, so that the same report is accepted again. */
  reports: field.internal<EndedLease[]>(listOf<EndedLease>({ lease: '', status: 'done' })),
  /** Of which run of the job: each retry is a further one. */
  run: field.internal(1),
};
/** One thing to do of a job: the embedding of a thread or a source. Whoever holds its lease works on it. */
export type WorkItem = field.DocOf<typeof fields>;

/** Its lane is its job, so that a claim costs the same however many items that has; jobs sort by creation. */
export const workItems = defineNoun(fields, {
  type: 'WorkItem',
  resource: 'work_item',
  permission: 'jobs',
  isPart: true,
  collection: {
    name: 'workItems',
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

/** Who cuts a longer lease down to this gives the item back. */
export const LEASE_SECONDS_MIN = 5;
const leaseSeconds = z.int().min(LEASE_SECONDS_MIN).max(3600);

export const claimBody = z.object({
  limit: z.int().min(1).max(100).default(10).describe('How many items to claim at most.'),
  leaseSeconds: leaseSeconds.default(60).describe('How long the leases last; `working` extends one.'),
  waitSeconds: z.int().min(0).max(20).default(0).describe('How long to wait where there is nothing to claim.'),
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
    leaseSeconds: leaseSeconds
      .nullable()
      .optional()
      .describe(
        'Of `working`: how long the lease lasts from now on; by default as long as it was claimed for. 5 of a longer one gives the item back: others have it five seconds later, and that was no try.',
      ),
  })
  .describe('What came of one item.');
export type Reported = z.output<typeof result>;

export const reportBody = z.object({
  results: z
    .array(result)
    .min(1, 'a report has at least 1 result')
    .max(100, 'a report has at most 100 results')
    .describe('What came of which items; 1–100.'),
});

export const claimInput = claimBody.extend(within);
export const reportInput = reportBody.extend(within);
