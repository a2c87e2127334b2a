/** What a test rests on: where it is not there, the test fails here and not further on. */
export function required<T>(value: T): NonNullable<T> {
  if (value === null || value === undefined) throw new Error(`expected a value, found ${String(value)}`);
  return value;
}
