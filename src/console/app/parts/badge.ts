import { h } from 'preact';
import { words } from './format.ts';

/** Good, to be watched, bad, or at rest: told by shape and word, and by color besides. */
type Tone = 'good' | 'warn' | 'bad' | 'rest' | 'busy';

const SHAPES: Record<Tone, string> = { good: '●', warn: '▲', bad: '■', rest: '○', busy: '◐' };

const TONES: Record<string, Tone> = {
  active: 'good',
  closed: 'good',
  completed: 'good',
  admitted: 'good',
  success: 'good',
  degraded: 'warn',
  circuit_half_open: 'warn',
  half_open: 'warn',
  running: 'busy',
  pending: 'rest',
  open_lease: 'busy',
  error: 'bad',
  quota_exceeded: 'bad',
  circuit_open: 'bad',
  open: 'bad',
  latched: 'bad',
  failed: 'bad',
  refused: 'bad',
};

export function Badge({
  word,
  label = words(word),
  title,
}: {
  word: string;
  label?: string;
  title?: string | undefined;
}) {
  const tone = TONES[word] ?? 'rest';
  return h(
    'span',
    { class: `badge ${tone}`, title },
    h('span', { 'aria-hidden': true, class: 'shape' }, SHAPES[tone]),
    label,
  );
}
