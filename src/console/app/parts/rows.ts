import { type ComponentChildren, h } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useMedia } from './use-media.ts';

/** Rows drawn above and below what is seen, so that scrolling and the tab key find them there. */
const OVERSCAN = 12;

interface Props<Row> {
  label: string;
  columns: readonly string[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** The cells of a row, one for each column; the first one holds what can be pressed. */
  cells: (row: Row, press: { tabIndex: number }) => ComponentChildren[];
  open: (row: Row) => void;
  /** How high a row is, on a desk and on a phone. */
  heights: readonly [number, number];
  /** Its name in the styles, which say how wide the columns are. */
  kind: string;
  /** Told which rows are drawn, whenever these are others. */
  see?: (rows: readonly Row[]) => void;
}

/**
 * A table of which only the rows around what is seen are drawn, however many there are. One row takes part in the order
 * of the tab key; arrows, Home, End and the page keys lead from row to row, Enter opens one.
 */
export function Rows<Row>({ label, columns, rows, keyOf, cells, open, heights, kind, see }: Props<Row>) {
  const body = useRef<HTMLDivElement>(null);
  const [onDesk, onPhone] = heights;
  const height = useMedia('(max-width: 720px)') ? onPhone : onDesk;
  const [from, to] = useSeen(body, height, rows.length);
  const [active, setActive] = useState(0);
  useEffect(() => see?.(rows.slice(from, to)), [rows, from, to]);
  const isLed = useRef(false);
  useLayoutEffect(() => {
    if (!isLed.current) return;
    isLed.current = false;
    body.current?.querySelector<HTMLElement>(`[data-at="${active}"] [tabindex="0"]`)?.focus();
  });
  const lead = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(innerHeight / height) - 2);
    const steps: Record<string, number> = {
      ...{ ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page },
      ...{ Home: 0, End: rows.length - 1 },
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(rows.length - 1, step));
    isLed.current = true;
    setActive(next);
    if (body.current) reveal(body.current, next * height, height);
  };
  const current = Math.min(active, rows.length - 1);
  const drawn = rows.slice(from, to).map((row, index) => [from + index, row] as const);
  // The row that the tab key leads to is drawn wherever it is.
  if (rows[current] && (current < from || current >= to)) drawn.push([current, rows[current]]);
  return h(
    'div',
    { class: `rows ${kind}`, role: 'table', 'aria-label': label, 'aria-rowcount': rows.length + 1 },
    h(
      'div',
      { role: 'row', class: 'row head', 'aria-rowindex': 1 },
      columns.map((name) => h('div', { key: name, role: 'columnheader', 'data-column': name }, name)),
    ),
    h(
      'div',
      { role: 'rowgroup', class: 'body', ref: body, style: { height: `${rows.length * height}px` }, onKeyDown: lead },
      drawn.map(([at, row]) =>
        h(
          'div',
          {
            key: keyOf(row),
            role: 'row',
            class: 'row',
            'data-at': at,
            'aria-rowindex': at + 2,
            style: { transform: `translateY(${at * height}px)`, height: `${height}px` },
            onClick: () => open(row),
            onFocusIn: () => at !== active && setActive(at),
          },
          cells(row, { tabIndex: at === current ? 0 : -1 }).map((cell, column) =>
            h('div', { key: columns[column], role: 'cell', 'data-column': columns[column] }, cell),
          ),
        ),
      ),
    ),
  );
}

/** The first and the last row that is seen, as far as the window is scrolled. */
function useSeen(body: { current: HTMLElement | null }, height: number, count: number): [number, number] {
  const [seen, setSeen] = useState<[number, number]>([0, 40]);
  useEffect(() => {
    const look = () => {
      if (!body.current) return;
      const top = -body.current.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(top / height) - OVERSCAN);
      const to = Math.ceil((top + innerHeight) / height) + OVERSCAN;
      setSeen((before) => (before[0] === from && before[1] === to ? before : [from, to]));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [height, count]);
  return seen;
}

/** Scrolls no further than it takes to see the row, below the bar that stays at the top. */
function reveal(body: HTMLElement, offset: number, height: number): void {
  const top = body.getBoundingClientRect().top + offset;
  const bar = document.querySelector('.bar')?.getBoundingClientRect().height ?? 0;
  if (top < bar + height) scrollBy(0, top - bar - height);
  else if (top + 2 * height > innerHeight) scrollBy(0, top + 2 * height - innerHeight);
}
