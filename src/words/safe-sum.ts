/** Sums of tokens and times stay at the largest number that every reader of JSON tells from its neighbours. */
export function safeSum(left: number, right: number): number {
  return Math.min(left + right, Number.MAX_SAFE_INTEGER);
}
