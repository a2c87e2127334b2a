import type { Logger } from 'pino';
import type { Pause } from '../http/pauses.ts';
import type { Store } from '../store/store.ts';
import type { Bell } from '../words/bell.ts';
import type { Ids } from '../words/ids.ts';
import type { MaybePromise } from '../words/maybe.ts';
import type { Loaders } from './loaders.ts';
import type { Meter } from './meter.ts';
import type { Trace, Tracer } from './trace.ts';

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
  /** When what it has proved itself by ends (milliseconds); absent: never. */
  endsAt?: number;
}

/** What the product is given from outside: everything that a test replaces. */
export interface Deps {
  store: Store;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds of a clock that nobody sets: how old is what this process keeps, and how long something has taken. */
  elapsed: () => number;
  ids: Ids;
  /** In [0, 1). */
  random: () => number;
  randomBytes: (size: number) => Uint8Array;
  log: Logger;
  /** Makes the buckets of workspaces, whose names begin with `prefix`; one that is there already is made. */
  provisioner: { prefix?: string; provision(bucket: string, region: string, signal: AbortSignal): Promise<void> };
  /** Resolves `env:NAME` references. */
  env: (name: string) => string | undefined;
  /** Whether the tokens of another issuer name the roles of those who come first. */
  rolesAreClaimed?: boolean;
  /** Whether health checks and webhooks may call addresses inside. */
  allowPrivateAddresses: boolean;
  /** Tells the background runner that a commit has left it work. */
  wake: () => void;
  /** Rings where a commit of this process has left something due in a queue. */
  bell: Bell;
  /** Hears of decisions, streams and webhooks; absent where nothing is measured. */
  meter?: Meter;
  /** Follows what is done for a request to others; absent where nothing is traced. */
  tracer?: Tracer;
}

/** What a reply shows, as the record of an Idempotency-Key keeps it. */
export interface Rendered {
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | null;
}

/** An Idempotency-Key in force: whose record a write leaves, and the reply in it. */
export interface Idempotency {
  readonly recordId: string;
  readonly requestHash: string;
  /** The reply that a payload will give, before its commit is made. */
  readonly render: (payload: unknown) => Promise<Rendered>;
}

/** What a request asks of its write beside the change itself: headers of REST, which the graph has no words for. */
export interface Terms {
  /** `If-Match` as it came. */
  readonly ifMatch: string | null;
  readonly idempotency: Idempotency | null;
}

export const NO_TERMS: Terms = { ifMatch: null, idempotency: null };

/** What every resolver is given. It is made with the request and nobody writes to it: what comes of a step is what the step returns. */
export interface Context {
  readonly deps: Deps;
  readonly principal: Principal;
  readonly loaders: Loaders;
  readonly requestId: string;
  /** Absent where nothing is traced, or nothing is asked to be done. */
  readonly trace?: Trace;
  readonly terms: Terms;
  /** Waits for what may come; nothing of the store is held meanwhile, and its deadline is the caller's to renew. */
  readonly pause: Pause;
  /** Absent where nobody is served. */
  readonly caller?: Caller;
}

/** What an answer has to know of its request that goes on for long. */
export interface Caller {
  /** What it has proved itself by. */
  readonly authorization: string;
  /** Behind which event an earlier stream broke off. */
  readonly lastEventId: string | null;
  /** Who it is now; null: nobody any more. */
  now(store: Store): MaybePromise<Principal | null>;
}

export function isoNow(ctx: { deps: Deps }): string {
  return isoOf(ctx.deps.now());
}

let known = { ms: 0, iso: new Date(0).toISOString() };

/** A moment is written once, however much is made in it. */
function isoOf(ms: number): string {
  if (ms !== known.ms) known = { ms, iso: new Date(ms).toISOString() };
  return known.iso;
}
