import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Document } from './document.ts';
import { ask, type Refusal } from './graph.ts';
import { onEvents } from './live.ts';

interface Page<Node> {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  nodes: Node[];
}

export interface Everything<Node> {
  nodes: readonly Node[];
  total: number;
  isWhole: boolean;
  refusal: Refusal | null;
}

/** A list that is read once, and then what of it has changed. */
export interface LongList<Data, Node> {
  query: Document<Data, { after?: string | null | undefined }>;
  pageOf: (data: Data) => Page<Node> | null;
  /** By its documented id, as events name it. */
  keyOf: (node: Node) => string;
  /** Documented ids of what it shows beside itself. */
  shows: (node: Node) => readonly (string | null)[];
  /** As they are now, in this order; null: no more. */
  readAgain: (nodes: readonly Node[], signal: AbortSignal) => Promise<(Node | null)[]>;
  /** One that is not known yet; null where there is none. */
  readNew: (key: string, signal: AbortSignal) => Promise<Node | null>;
  /** The others with those that have just been read, each in its place. */
  put: (others: readonly Node[], read: readonly Node[]) => Node[];
  /** Events of what is listed, and of what it shows. */
  on: readonly string[];
  onShown: readonly string[];
  /** How often what is seen is read again, for what no event tells: counters. */
  every: number;
}

/** As many are read again one by one; more are the whole list. */
const SOME = 100;
/** A list is read anew the less often the longer it is, in case that an event was missed: each so many milliseconds for each of its nodes. */
const ANEW_MS = 30;

/** The whole of a list: read page by page, then kept up by what events tell and by reading again what is `see`n. */
export function useAllPages<Data, Node>(list: LongList<Data, Node>) {
  const [found, setFound] = useState<Everything<Node>>({ nodes: [], total: 0, isWhole: false, refusal: null });
  const seen = useRef<readonly Node[]>([]);
  const see = useCallback((nodes: readonly Node[]) => {
    seen.current = nodes;
  }, []);
  useEffect(() => {
    const abort = new AbortController();
    const keeper = keepUp(list, () => seen.current, setFound, abort.signal);
    const stops = [
      onEvents(list.on, (of) => keeper.changed(of, true)),
      onEvents(list.onShown, (of) => keeper.changed(of, false)),
    ];
    return () => {
      abort.abort();
      for (const stop of stops) stop();
    };
  }, []);
  return { ...found, see };
}

function keepUp<Data, Node>(
  list: LongList<Data, Node>,
  seen: () => readonly Node[],
  tell: (found: Everything<Node>) => void,
  signal: AbortSignal,
) {
  const { query, pageOf, keyOf, shows, readAgain, readNew, put, every } = list;
  let found: Everything<Node> = { nodes: [], total: 0, isWhole: false, refusal: null };
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> = Promise.resolve();
  const show = (what: Partial<Everything<Node>>) => {
    found = { ...found, ...what };
    tell(found);
  };

  async function readWhole(): Promise<void> {
    for (let nodes: Node[] = [], after: string | null = null; ; ) {
      const page: Page<Node> | null = pageOf(await ask(query, { after }, signal));
      if (!page) return;
      nodes = [...nodes, ...page.nodes];
      const isWhole = !page.pageInfo.hasNextPage;
      if (isWhole || !found.isWhole) show({ nodes, total: page.totalCount, isWhole, refusal: null });
      if (isWhole) {
        readAtMs = performance.now();
        return;
      }
      after = page.pageInfo.endCursor;
    }
  }

  async function readSome(known: readonly Node[], fresh: readonly string[]): Promise<void> {
    if (known.length + fresh.length === 0) return;
    if (known.length + fresh.length > SOME || !found.isWhole) return readWhole();
    const [again, made] = await Promise.all([
      known.length > 0 ? readAgain(known, signal) : [],
      Promise.all(fresh.map((key) => readNew(key, signal))),
    ]);
    const read = [...again, ...made].filter((node) => node !== null);
    const gone = new Set([...known.map(keyOf), ...read.map(keyOf)]);
    const others = found.nodes.filter((node) => !gone.has(keyOf(node)));
    const nodes = put(others, read);
    show({ nodes, total: nodes.length, refusal: null });
  }

  /** One after the other, so that what was asked for later is put in later. */
  function inTurn(read: () => Promise<void>): void {
    reading = reading.then(read).catch((cause: Refusal) => {
      if (!signal.aborted) show({ refusal: cause });
    });
  }

  function changed(of: ReadonlySet<string>, isListed: boolean): void {
    inTurn(() => {
      const known = found.nodes.filter((node) => of.has(keyOf(node)) || shows(node).some((id) => id && of.has(id)));
      const keys = new Set(known.map(keyOf));
      return readSome(known, isListed ? [...of].filter((key) => !keys.has(key)) : []);
    });
  }

  inTurn(readWhole);
  const timer = setInterval(() => {
    if (document.hidden) return;
    const isOld = performance.now() - readAtMs > found.nodes.length * ANEW_MS;
    inTurn(isOld ? readWhole : () => readSome(seen(), []));
  }, every);
  signal.addEventListener('abort', () => clearInterval(timer));
  return { changed };
}
