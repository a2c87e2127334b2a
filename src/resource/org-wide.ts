/** A list of the whole org, whose total is kept. */
export function orgWide(name: string) {
  return () => ({ name, where: [], totals: [{ sign: 1 as const, where: [] }] });
}
