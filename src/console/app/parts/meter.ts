import { h } from 'preact';

/** A share of something, drawn; what it is a share of is said by `label`. */
export function Meter({
  share,
  label,
  tone = 'accent',
}: {
  share: number;
  label: string;
  tone?: 'accent' | 'warn' | 'bad';
}) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return h(
    'div',
    {
      class: `meter ${tone}`,
      role: 'progressbar',
      'aria-label': label,
      'aria-valuenow': percent,
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    h('div', { style: { width: `${percent}%` } }),
  );
}
