import type { Answer, Client } from './harness.ts';

export type Question = { path: string } | { query: string; variables: Record<string, unknown> };

export const ask = (client: Client, question: Question): Promise<Answer> =>
  'path' in question ? client.rest('GET', question.path) : client.graphql(question.query, question.variables);

/** The same in other letters, of which there are as many as there are numbers: what nobody has asked before is made anew. */
export const inOtherLetters = (question: Question, number: number): Question =>
  'path' in question
    ? { path: question.path.replace(/org_[a-z0-9]+/, (id) => escaped(id, number)) }
    : { ...question, query: `${question.query} # ${number}` };

/** Those of its characters percent-encoded whose bits the number has. */
const escaped = (id: string, number: number) =>
  [...id].map((sign, at) => ((number >> at) & 1 ? `%${sign.charCodeAt(0).toString(16)}` : sign)).join('');
