/** Two lists in one order, place by place: what was asked for, and what was answered. */
export function paired<A, B>(asked: readonly A[], answered: readonly B[]): [A, B][] {
  if (asked.length !== answered.length) throw new Error(`${answered.length} answers to ${asked.length} questions`);
  const answers = answered.values();
  // biome-ignore lint/style/noNonNullAssertion: there are as many of them.
  return asked.map((one): [A, B] => [one, answers.next().value!]);
}
