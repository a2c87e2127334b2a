import { h } from 'preact';
import { ago, moment } from './format.ts';

/** A moment as far as it is away; the moment itself for whoever points at it. */
export function When({ at, none = 'never' }: { at: string | null; none?: string }) {
  return at === null ? h('span', { class: 'faint' }, none) : h('time', { dateTime: at, title: moment(at) }, ago(at));
}
