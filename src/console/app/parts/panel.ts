import { type ComponentChildren, h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** One thing looked at closely, over the view it comes from; Escape leads back. */
export function Panel({ title, close, children }: { title: string; close: () => void; children?: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isLeft = useRef(false);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      isLeft.current = true;
      shown?.close();
    };
  }, []);
  // Whoever has gone elsewhere by a link, or back, is not led to the view that this lay over.
  const leave = () => isLeft.current || close();
  return h(
    'dialog',
    {
      ref: dialog,
      class: 'panel',
      'aria-label': title,
      onClose: leave,
      onClick: (event: MouseEvent) => event.target === dialog.current && close(),
    },
    h(
      'div',
      { class: 'panel-body' },
      h(
        'header',
        null,
        h('h2', null, title),
        h('button', { type: 'button', class: 'quiet', onClick: close, 'aria-label': 'Close' }, '✕'),
      ),
      children,
    ),
  );
}
