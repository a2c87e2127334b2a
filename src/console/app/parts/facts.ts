import { type ComponentChildren, Fragment, h } from 'preact';

/** Names with what they are, below each other. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return h(
    'dl',
    { class: 'facts' },
    of.map(([name, value]) => h(Fragment, { key: name }, h('dt', null, name), h('dd', null, value))),
  );
}
