import { h } from 'preact';
import { Chart } from '../parts/chart.ts';
import { compact, date } from '../parts/format.ts';
import { type Account, type Days, monthNow } from './month.ts';

const DAY_MS = 86_400_000;

/** What is left of the month's tokens, day by day, and where that leads at the present rate. */
export function BurnDown({ account, max, days = [] }: { account: Account; max: number; days: Days | undefined }) {
  const { exhaustedAt, currentMonthTokens } = account.quotaPolicy;
  const left = Math.max(0, max - currentMonthTokens);
  const until = exhaustedAt ? `used up on ${date(exhaustedAt)}` : 'lasting the month';
  return h(Chart, {
    label: `${account.name}: ${compact(left)} of ${compact(max)} tokens are left, ${until}`,
    height: 88,
    data: points(max, left, days, exhaustedAt),
    options: (color) => ({
      legend: { show: false },
      cursor: { show: false },
      padding: [6, 0, 0, 0],
      scales: { y: { range: [0, max] } },
      axes: [
        {
          stroke: color('faint'),
          grid: { show: false },
          ticks: { show: false },
          size: 20,
          font: AXIS_FONT,
          values: dayNames,
          space: 60,
        },
        { show: false },
      ],
      series: [
        {},
        { stroke: color('accent'), fill: color('accent-wash'), width: 2, points: { show: false } },
        { stroke: color('accent'), width: 1.5, dash: [4, 4], points: { show: false } },
      ],
    }),
  });
}

const AXIS_FONT = '11px system-ui, sans-serif';
const dayNames = (_: unknown, splits: number[]) =>
  splits.map((seconds) => String(new Date(seconds * 1_000).getUTCDate()));

/** Times in seconds; what is left as it was; what is left as it will be. */
function points(
  max: number,
  left: number,
  days: Days,
  exhaustedAt: string | null,
): [number[], (number | null)[], (number | null)[]] {
  const { fromMs, untilMs } = monthNow();
  const nowMs = Date.now();
  const known: [number, number][] = [[fromMs, max]];
  let rest = max;
  for (const [startMs, tokens] of days) {
    known.push([startMs, rest]);
    rest = Math.max(0, rest - tokens);
    if (startMs + DAY_MS < nowMs) known.push([startMs + DAY_MS, rest]);
  }
  known.push([nowMs, left]);
  const rate = (max - left) / (nowMs - fromMs);
  const endMs = exhaustedAt ? Math.min(Date.parse(exhaustedAt), untilMs) : untilMs;
  const end: [number, number] = [endMs, Math.max(0, left - rate * (endMs - nowMs))];
  const ordered = known.filter(([ms], at) => ms > (known[at - 1]?.[0] ?? Number.NEGATIVE_INFINITY));
  const ahead = endMs > nowMs ? [end, ...(endMs < untilMs ? [[untilMs, 0] as const] : [])] : [];
  return [
    [...ordered, ...ahead].map(([ms]) => ms / 1_000),
    [...ordered.map(([, tokens]) => tokens), ...ahead.map(() => null)],
    [...ordered.map((_, at) => (at === ordered.length - 1 ? left : null)), ...ahead.map(([, tokens]) => tokens)],
  ];
}
