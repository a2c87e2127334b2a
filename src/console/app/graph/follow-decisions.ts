import { useEffect, useRef, useState } from 'preact/hooks';
import {
  type DecisionRowFragment,
  Decisions,
  DecisionsAgain,
  type DecisionsQueryVariables,
  FollowedDecisions,
  type FollowedDecisionsSubscription,
} from './documents.generated.ts';
import { ABSENCE_MAX_MS, type Following, follow, whileLookedAt } from './follow.ts';
import { ask, type Refusal } from './graph.ts';
import { KnownDecisions } from './known-decisions.ts';
import { happened } from './live.ts';

const FIRST = 100;
/** What is told within it is drawn together. */
const TOGETHER_MS = 100;
const OVERDUE_MS = 5_000;
const AT_ONCE = 200;

/** Which of them, by what they are filtered by. */
export type Wanted = Omit<DecisionsQueryVariables, 'first'>;

export interface Followed {
  /** Newest first. */
  decisions: readonly DecisionRowFragment[];
  isRead: boolean;
  isLive: boolean;
  refusal: Refusal | null;
}

const NOTHING: Followed = { decisions: [], isRead: false, isLive: false, refusal: null };

/** Decisions as they are made and reported; of others than at first by a new key. Paused, what is shown stays as it is, and nothing of what comes is missed. */
export function useDecisions(wanted: Wanted, isPaused: boolean): Followed {
  const [followed, show] = useState(NOTHING);
  const latest = useRef(NOTHING);
  const isHeld = useRef(isPaused);
  useEffect(() => {
    const abort = new AbortController();
    followDecisions(
      wanted,
      (next) => {
        latest.current = next;
        if (!isHeld.current) show(next);
      },
      abort.signal,
    );
    return () => abort.abort();
  }, []);
  useEffect(() => {
    isHeld.current = isPaused;
    if (!isPaused) show(latest.current);
  }, [isPaused]);
  return followed;
}

/** Follows the subscription while somebody looks, and goes on behind the last decision that it heard of. */
function followDecisions(wanted: Wanted, tell: (followed: Followed) => void, signal: AbortSignal): void {
  const known = new KnownDecisions();
  let followed = NOTHING;
  let after: string | null = null;
  let heardMs = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const change = (what: Partial<Followed> = {}) => {
    followed = { ...followed, ...what };
    timer ??= setTimeout(() => {
      timer = undefined;
      followed = { ...followed, decisions: known.newest() };
      if (!signal.aborted) tell(followed);
    }, TOGETHER_MS);
  };

  /** What was made before the stream began; behind a cursor the stream itself tells it. */
  async function readNewest(): Promise<void> {
    if (after !== null) return;
    const { decisions } = await ask(Decisions, { first: FIRST, ...wanted }, signal).catch((refusal: Refusal) => {
      if (!signal.aborted) change({ refusal });
      throw refusal;
    });
    known.forget();
    known.take(decisions?.nodes ?? []);
    change({ isRead: true });
  }

  function heard({ decisions: { cursor, node } }: FollowedDecisionsSubscription): void {
    after = cursor;
    heardMs = performance.now();
    known.take([node]);
    happened(`decision.${node.decisionId}`);
    change();
  }

  async function askForOverdue(): Promise<void> {
    const overdue = known.overdue(Date.now()).slice(0, AT_ONCE);
    if (overdue.length === 0 || document.hidden) return;
    const { nodes } = await ask(DecisionsAgain, { ids: overdue.map(({ id }) => id) }, signal);
    const read = nodes.filter((one): one is DecisionRowFragment => one !== null && 'status' in one);
    known.take(read);
    for (const { decisionId } of read) happened(`decision.${decisionId}`);
    change();
  }

  const stream = {
    query: FollowedDecisions,
    variables() {
      if (performance.now() - heardMs > ABSENCE_MAX_MS) after = null;
      return { after, ...wanted };
    },
    opened: readNewest,
    next: heard,
    lost() {
      after = null;
    },
    tell(following: Following) {
      // A right that is gone is told by what the list answers; and where there is no room for a stream, it is asked in its place.
      if (following === 'denied') after = null;
      change(following === 'live' ? { isLive: true, refusal: null } : { isLive: false });
      if (following !== 'live') void readNewest().catch(() => {});
    },
  };
  whileLookedAt((looking) => void follow(stream, looking), signal);
  const overdue = setInterval(() => void askForOverdue().catch(() => {}), OVERDUE_MS);
  signal.addEventListener('abort', () => {
    clearInterval(overdue);
    clearTimeout(timer);
  });
}
