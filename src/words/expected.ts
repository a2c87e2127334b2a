/** What is there as long as the rest of the program holds; where it is not, the error says what was missing. */
export function expected<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`there is no ${what}`);
  return value;
}
