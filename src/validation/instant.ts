const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|[+-](\d\d):(\d\d))$/i;

export const INSTANT_WANTED = 'give an RFC 3339 time (2030-01-01T00:00:00Z)';

/**
 * The one reading of times that a caller gives: RFC 3339 with a real date, seconds and a zone, as UTC with milliseconds
 * (further digits are cut off); null for anything else, leap seconds and what lies outside the years 0000–9999 in UTC too.
 */
export function instantOf(text: string): string | null {
  const parts = RFC_3339.exec(text);
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [number, ...number[]];
  const inRange =
    hour! <= 23 && minute! <= 59 && second! <= 59 && Number(parts[8] ?? 0) <= 23 && Number(parts[9] ?? 0) <= 59;
  if (!inRange || day! < 1 || day! > daysIn(year, month!)) return null;
  const milliseconds = (parts[7] ?? '').slice(0, 3).padEnd(3, '0');
  const zone = /(?:Z|[+-]\d\d:\d\d)$/i.exec(text)![0].toUpperCase();
  const time = new Date(`${text.slice(0, 10)}T${text.slice(11, 19)}.${milliseconds}${zone}`);
  const stored = time.toISOString();
  return stored.length === 24 ? stored : null;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
