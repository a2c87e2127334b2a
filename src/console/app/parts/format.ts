/** How numbers and moments are written, the same all over the console. */

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const distance = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export const number = (value: number) => whole.format(value);
export const compact = (value: number) => short.format(value);
export const percent = (value: number) =>
  value > 0 && value < 0.1 ? '< 0.1 %' : `${whole.format(Math.round(value * 10) / 10)} %`;
export const moment = (iso: string) => dayAndTime.format(new Date(iso));
export const timeOfDay = (iso: string) => clock.format(new Date(iso));
const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const localDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** The time of day; at midnight the day that begins. */
export function hourOrDay(iso: string): string {
  const at = new Date(iso);
  return at.getHours() === 0 ? localDay.format(at) : hour.format(at);
}
export const date = (iso: string) => day.format(new Date(iso));

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** `in 12 seconds`, `3 days ago`. */
export function ago(iso: string, nowMs = Date.now()): string {
  const ms = Date.parse(iso) - nowMs;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(ms) >= length) ?? UNITS[3];
  return distance.format(Math.round(ms / size), unit);
}

/** A word of the graph as people read it: `quota_exceeded` is quota exceeded. */
export function words(word: string): string {
  return word.toLowerCase().replaceAll('_', ' ');
}
