import type { Authenticate } from '../access/authenticate.ts';
import { BODY_MAX_BYTES, readBody } from '../http/body.ts';
import type { Pauses } from '../http/pauses.ts';
import type { RateLimiter, RateState } from '../http/rate-limit.ts';
import type { Reply } from '../http/reply.ts';
import { createStreams } from '../http/streams.ts';
import type { Context, Deps, Principal } from '../resource/context.ts';
import type { Deadline } from '../store/deadline.ts';
import type { Store } from '../store/store.ts';
import { chain, type MaybePromise, rescue } from '../words/maybe.ts';
import { type Arrival, lastEventIdOf } from './arrival.ts';
import type { Refusals } from './refusals.ts';
import { createContext } from './setup/context.ts';

/** Who is let in, and how far. */
export interface Admitted {
  readonly principal: Principal;
  /** With the deadline of the request. */
  readonly store: Store;
  /** Made for those who need it: what is given from memory does not. */
  context(): Context;
}

/** What a door does once the caller and the body are known. */
export type Next = (by: Admitted, bytes: Buffer) => MaybePromise<Reply>;

export interface Admission {
  /** Token, rate, size: the checks that both doors begin with. */
  admitted(arrival: Arrival, deadline: Deadline, next: Next): MaybePromise<Reply>;
  /** Ends all streams; from now on none begins. */
  endStreams(): void;
}

/** Who followed a stream that a shutdown ends comes back after this, or up to twice as much. */
const STREAM_RETRY_MS = 1_000;
/** A body that takes longer may outlast the rights of whoever sends it: they are asked for again. */
const STILL_MS = 250;
const FULL = 'There are as many streams as this token, or this server, may have';
const FULL_RETRY_SECONDS = 10;

export function createAdmission(
  deps: Deps,
  { error, failed }: Refusals,
  { authenticate, limiter, pauses }: { authenticate: Authenticate; limiter: RateLimiter; pauses: Pauses },
): Admission {
  const streams = createStreams(deps.meter?.streaming);
  let isEnding = false;

  const storeFor = ({ visit: { span }, looks }: Arrival, deadline: Deadline): Store => {
    const store = deps.store.until(deadline, looks);
    return span ? span.over(store) : store;
  };

  const letIn = ({ req, visit }: Arrival, principal: Principal, store: Store): Admitted => ({
    principal,
    store,
    context: () =>
      createContext(deps, principal, visit.requestId, {
        store,
        pause: pauses.of(req.socket),
        caller: {
          authorization: req.headers.authorization ?? '',
          lastEventId: lastEventIdOf(req),
          now: (until) => authenticate(req.headers.authorization, until),
        },
        trace: visit.method === 'GET' ? undefined : visit.span?.trace,
      }),
  });

  function admitted(arrival: Arrival, deadline: Deadline, next: Next): MaybePromise<Reply> {
    const { req, visit } = arrival;
    const store = storeFor(arrival, deadline);
    return chain(authenticate(req.headers.authorization, store), (principal) => {
      if (!principal) return error(arrival, 'AUTHENTICATION_FAILED');
      visit.principal = principal;
      return chain(limiter.take(principal.tokenId, principal.rateLimitPerMinute), (rate) => {
        if (rate) arrival.head.push(...rateHeaders(rate));
        return rescue(
          () => chain(within(principal, rate), (made) => (made.stream ? placed(arrival, principal, made) : made)),
          (cause) => failed(arrival, cause),
        );
      });
    });

    function within(principal: Principal, rate: RateState | null): MaybePromise<Reply> {
      if (rate && !rate.allowed) return error(arrival, 'RATE_LIMIT_EXCEEDED', { retry_after: rate.retryAfterSeconds });
      const body = readBody(req);
      if (Buffer.isBuffer(body)) return next(letIn(arrival, principal, store), body);
      const begun = performance.now();
      const epoch = deps.store.changes.epoch();
      return chain(body, (bytes) => {
        if (bytes === 'too_large') return error(arrival, 'PAYLOAD_TOO_LARGE', { max_bytes: BODY_MAX_BYTES });
        const took = performance.now() - begun;
        const own = storeFor(arrival, deadline + took);
        const isStill = took < STILL_MS && epoch === deps.store.changes.epoch();
        return chain(isStill ? principal : authenticate(req.headers.authorization, own), (now) => {
          visit.principal = now;
          return now ? next(letIn(arrival, now, own), bytes) : error(arrival, 'AUTHENTICATION_FAILED');
        });
      });
    }
  }

  /** A stream takes its place before it is answered. */
  function placed(arrival: Arrival, { tokenId }: Principal, reply: Reply): Reply {
    if (isEnding) return error(arrival, 'SERVICE_UNAVAILABLE', { retry_after: 1 });
    const claim = streams.claim(tokenId);
    if (claim) return { ...reply, claim };
    return error(arrival, 'RATE_LIMIT_EXCEEDED', { retry_after: FULL_RETRY_SECONDS }, FULL);
  }

  return {
    admitted,
    endStreams() {
      isEnding = true;
      streams.endAll(() => Math.round(STREAM_RETRY_MS * (1 + deps.random())));
    },
  };
}

function rateHeaders({ limit, remaining, resetSeconds }: RateState): string[] {
  return [
    ...['RateLimit-Limit', String(limit)],
    ...['RateLimit-Remaining', String(remaining)],
    ...['RateLimit-Reset', String(resetSeconds)],
  ];
}
