import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Document } from './document.ts';
import { ask, type Refusal } from './graph.ts';
import { inTurns } from './in-turns.ts';
import { isToldNow, onEvents } from './live.ts';

export interface Answer<Data> {
  data: Data | null;
  refusal: Refusal | null;
  again: () => void;
}

interface Freshness {
  /** Asks again after so many milliseconds, for what no event tells: counters. */
  every?: number;
  /** The same while no events are told. */
  everyUntold?: number;
  /** Asks again when one of such events happens (`breaker.*`). */
  on?: readonly string[];
  /** Not asked before this is so. */
  when?: boolean;
}

/** What was answered last, so that a view that is come back to is there at once. */
const answers = new Map<string, unknown>();

/** What the graph answers, kept fresh while it is looked at; what was seen stays in place while it is asked again. */
export function useQuery<Data, Variables>(
  query: Document<Data, Variables>,
  variables: Variables,
  { every, everyUntold, on = [], when = true }: Freshness = {},
): Answer<Data> {
  const key = JSON.stringify([query, variables]);
  const [, redraw] = useState(0);
  const refusal = useRef<Refusal | null>(null);
  const again = useCallback(() => asked.current(), []);
  const asked = useRef<() => void>(() => {});
  useEffect(() => {
    if (!when) return;
    const abort = new AbortController();
    const turns = inTurns(() =>
      ask(query, variables, abort.signal)
        .then((data) => {
          answers.set(key, data);
          refusal.current = null;
        })
        .catch((cause: Refusal) => {
          refusal.current = cause;
        })
        .finally(() => {
          if (!abort.signal.aborted) redraw((count) => count + 1);
        }),
    );
    asked.current = turns.now;
    turns.now();
    const stop = onEvents(on, turns.soon);
    const soonAgain = () => document.hidden || turns.soon();
    const timers = [
      every && setInterval(soonAgain, every),
      everyUntold && setInterval(() => isToldNow() || soonAgain(), everyUntold),
    ];
    return () => {
      abort.abort();
      turns.end();
      stop();
      for (const timer of timers) clearInterval(timer);
    };
  }, [key, every, everyUntold, on.join(), when]);
  return { data: (answers.get(key) as Data | undefined) ?? null, refusal: refusal.current, again };
}
