import { type ComponentChildren, h } from 'preact';
import type { Refusal } from '../graph/graph.ts';
import type { Answer } from '../graph/use-query.ts';

/** What stands where there is nothing to see yet, or nothing at all. */
export function Note({ title, children }: { title: string; children?: ComponentChildren }) {
  return h('div', { class: 'note', role: 'status' }, h('p', { class: 'note-title' }, title), children);
}

export function Failed({ refusal, again }: { refusal: Refusal; again: () => void }) {
  return h(
    'div',
    { class: 'note', role: 'alert' },
    h('p', { class: 'note-title' }, refusal.message),
    refusal.code === 'FORBIDDEN'
      ? h('p', null, 'An Admin of the organization can give it.')
      : h('button', { type: 'button', onClick: again }, 'Try again'),
  );
}

/** Shows what was answered; until then that it is on its way, or why not. */
export function Loaded<Data>(props: { answer: Answer<Data>; children: (data: Data) => ComponentChildren }) {
  const { data, refusal, again } = props.answer;
  if (data === null) return refusal ? h(Failed, { refusal, again }) : h(Waiting, null);
  return h('div', { class: 'loaded' }, refusal && h(Stale, { refusal }), props.children(data));
}

function Waiting() {
  return h('div', { class: 'waiting', role: 'status' }, h('span', { class: 'hidden' }, 'Loading'));
}

function Stale({ refusal }: { refusal: Refusal }) {
  return h('p', { class: 'stale', role: 'alert' }, `${refusal.message} What stands here may be old.`);
}
