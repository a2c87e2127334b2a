const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-](\d\d):(\d\d))$/i;

export const INSTANT_WANTED = 'give an RFC 3339 time (2030-01-01T00:00:00Z)';

/**
 * The one reading of times that a caller gives: RFC 3339 with a real date, seconds and a zone, as UTC with milliseconds
 * (further digits are cut off); null for anything else, leap seconds and what lies outside the years 0000–9999 in UTC too.
 */
export function instantOf(text: string): string | null {
  const parts = RFC_3339.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second, fraction = '', zone = '', zoneHour = '0', zoneMinute = '0'] = parts;
  const isTime = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59;
  const isZone = Number(zoneHour) <= 23 && Number(zoneMinute) <= 59;
  if (!isTime || !isZone || Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) return null;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const time = new Date(`${text.slice(0, 10)}T${hour}:${minute}:${second}.${milliseconds}${zone.toUpperCase()}`);
  const stored = time.toISOString();
  // Other years are written with a sign and six digits.
  return stored.length === 24 ? stored : null;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
