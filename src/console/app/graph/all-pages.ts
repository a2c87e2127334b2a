import { useEffect, useState } from 'preact/hooks';
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

interface Asked<Data, Node> {
  query: Document<Data, { after?: string | null | undefined }>;
  pageOf: (data: Data) => Page<Node> | null;
  on: readonly string[];
  every: number;
}

/** The whole of a list, page by page; read again when it has changed, what was read before staying in place until then. */
export function useAllPages<Data, Node>({ query, pageOf, on, every }: Asked<Data, Node>): Everything<Node> {
  const [found, setFound] = useState<Everything<Node>>({ nodes: [], total: 0, isWhole: false, refusal: null });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isReading = false;
    const read = async () => {
      if (isReading) return;
      isReading = true;
      clearTimeout(timer);
      try {
        for (let nodes: Node[] = [], after: string | null = null; ; ) {
          const page: Page<Node> | null = pageOf(await ask(query, { after }, abort.signal));
          if (!page) return;
          nodes = [...nodes, ...page.nodes];
          const isWhole = !page.pageInfo.hasNextPage;
          setFound((before) =>
            isWhole || !before.isWhole ? { nodes, total: page.totalCount, isWhole, refusal: null } : before,
          );
          if (isWhole) return;
          after = page.pageInfo.endCursor;
        }
      } catch (cause) {
        if (!abort.signal.aborted) setFound((before) => ({ ...before, refusal: cause as Refusal }));
      } finally {
        isReading = false;
        if (!abort.signal.aborted) timer = setTimeout(() => (document.hidden ? undefined : void read()), every);
      }
    };
    void read();
    const stop = onEvents(on, () => void read());
    return () => {
      abort.abort();
      clearTimeout(timer);
      stop();
    };
  }, []);
  return found;
}
