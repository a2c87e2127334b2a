import { useEffect, useState } from 'preact/hooks';
import { type DecisionRowFragment, Decisions, DecisionsAgain, NewerDecisions } from './documents.generated.ts';
import { ask, type Refusal } from './graph.ts';

/** As many as are kept on the page. */
const KEPT = 500;
const FIRST = 100;
const PAUSE_MS = 1_000;
/** As many open ones are looked at again at once. */
const AGAIN = 50;

export interface Followed {
  /** Newest first. */
  decisions: readonly DecisionRowFragment[];
  isRead: boolean;
  refusal: Refusal | null;
}

/**
 * Decisions as they are made. No event tells of one (each request makes one), so what is newer than the newest that is
 * known is asked for, once a second while somebody looks; and of those without an outcome, whether they have one now.
 */
export function useDecisions(isPaused: boolean): Followed {
  const [followed, setFollowed] = useState<Followed>({ decisions: [], isRead: false, refusal: null });
  useEffect(() => {
    if (isPaused) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let known: readonly DecisionRowFragment[] = followed.decisions;
    let newest: string | null = null;
    const step = async () => {
      if (!document.hidden) {
        const read = await newer(newest, abort.signal);
        newest = read.newest ?? newest;
        const changed = await again(known, abort.signal);
        const isNew = new Set(read.decisions.map(({ id }) => id));
        const old = known.filter(({ id }) => !isNew.has(id)).map((one) => changed.get(one.id) ?? one);
        if (isNew.size > 0 || changed.size > 0 || newest === null) known = [...read.decisions, ...old].slice(0, KEPT);
        setFollowed((before) =>
          before.decisions === known && before.isRead && !before.refusal
            ? before
            : { decisions: known, isRead: true, refusal: null },
        );
      }
    };
    const loop = async () => {
      try {
        await step();
      } catch (cause) {
        if (!abort.signal.aborted) setFollowed((before) => ({ ...before, refusal: cause as Refusal }));
      }
      if (!abort.signal.aborted) timer = setTimeout(loop, PAUSE_MS);
    };
    void loop();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [isPaused]);
  return followed;
}

async function newer(newest: string | null, signal: AbortSignal) {
  if (newest === null) {
    const { decisions } = await ask(Decisions, { first: FIRST }, signal);
    return { decisions: decisions?.nodes ?? [], newest: decisions?.pageInfo.startCursor ?? null };
  }
  let found: DecisionRowFragment[] = [];
  for (let before = newest; ; ) {
    const { decisions } = await ask(NewerDecisions, { before }, signal);
    if (!decisions || decisions.nodes.length === 0) return { decisions: found, newest: before };
    found = [...decisions.nodes, ...found];
    before = decisions.pageInfo.startCursor ?? before;
    if (!decisions.pageInfo.hasPreviousPage || found.length > KEPT) return { decisions: found, newest: before };
  }
}

/** Those of the open ones that are not open any more. */
async function again(known: readonly DecisionRowFragment[], signal: AbortSignal) {
  const open = known.filter(({ status }) => status === 'open').slice(0, AGAIN);
  if (open.length === 0) return new Map<string, DecisionRowFragment>();
  const { nodes } = await ask(DecisionsAgain, { ids: open.map(({ id }) => id) }, signal);
  const read = nodes.filter((one): one is DecisionRowFragment => one !== null && 'status' in one);
  return new Map(read.filter(({ status }) => status !== 'open').map((one) => [one.id, one]));
}
