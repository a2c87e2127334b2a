import type { Logger } from 'pino';
import type { Store } from '../store/store.ts';
import type { Ids } from '../words/ids.ts';
import type { Loaders } from './loaders.ts';

/** Who asks: one org, one actor, what it may do, and (when limited) the workspaces it may see. */
export interface Principal {
  orgId: string;
  /** The member's id, or the token's own for a service identity. */
  actorId: string;
  tokenId: string;
  memberId: string | null;
  role: string | null;
  permissions: readonly string[];
  /** null: all workspaces. */
  workspaceIds: readonly string[] | null;
  /** Requests per minute; null: the general limit holds. */
  rateLimitPerMinute: number | null;
}

/** What the product is given from outside: everything that a test replaces. */
export interface Deps {
  store: Store;
  /** Milliseconds since the epoch. */
  now: () => number;
  ids: Ids;
  /** In [0, 1). */
  random: () => number;
  randomBytes: (size: number) => Uint8Array;
  log: Logger;
  /** Makes the buckets of workspaces. */
  provisioner: { provision(bucket: string, region: string): Promise<void> };
  /** Resolves `env:NAME` references. */
  env: (name: string) => string | undefined;
  /** Whether health checks may call addresses inside. */
  allowPrivateAddresses: boolean;
  /** Tells the background runner that a commit has left it work. */
  wake: () => void;
}

/** An Idempotency-Key in force: how to render the reply that the record keeps, and whether it has been stored. */
export interface Idempotency {
  recordId: string;
  requestHash: string;
  /** Runs the operation's selection over a payload, before the commit. */
  render: (payload: unknown) => Promise<{ status: number; body: unknown; etag: string | null }>;
  stored: boolean;
}

export interface Context {
  deps: Deps;
  principal: Principal;
  loaders: Loaders;
  requestId: string;
  /** Raw `If-Match` of a REST request. */
  ifMatch: string | null;
  idempotency: Idempotency | null;
  /** Whether a change has been made: what fails from then on is its reply. */
  committed: boolean;
  /** The REST adapter has checked the input by the same schema already. */
  validated: boolean;
  /** When set, root mutation fields answer this instead of running: the reply is rendered before the commit, or again. */
  preset: unknown;
  /** What the root field's resolver answered, for the adapter's ETag. */
  root: unknown;
}

export function isoNow(ctx: { deps: Deps }): string {
  return new Date(ctx.deps.now()).toISOString();
}
