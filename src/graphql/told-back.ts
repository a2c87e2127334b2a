import { GraphQLError } from 'graphql';
import { ECHO_MAX } from '../validation/issues.ts';
import { type Details, detailsOf, type Issue } from '../words/errors.ts';

/** Of a text that is not repeated whole. */
const CUT_MAX = 300;

/**
 * The errors of an answer, which in all repeat no more of what was sent than the issues of one body may: one long text may be
 * asked for by a hundred fields. Those that would repeat too much say what is wrong all the same.
 */
export function bounded(errors: readonly GraphQLError[]): GraphQLError[] {
  let left = ECHO_MAX;
  return errors.map((error) => {
    const details = detailsOf(error);
    const after = weighed(details, left);
    if (after < 0) return withDetails(error, cut(details));
    left = after;
    return error;
  });
}

/** What is left when this has been repeated; below 0, and looked at no further, where it is too much. */
function weighed(value: unknown, left: number): number {
  if (typeof value === 'string') return left - value.length;
  if (typeof value !== 'object' || value === null) return left - 8;
  let rest = left;
  for (const [key, item] of Object.entries(value)) {
    if (rest < 0) return rest;
    rest = weighed(item, rest - key.length);
  }
  return rest;
}

function cut(details: Details): Details {
  const { detail, ...others } = details;
  const short = Object.entries(others).map(([name, value]) => [name, shortened(value)]);
  const issues = Array.isArray(detail) ? { detail: detail.map((issue: Issue) => ({ ...issue, input: null })) } : {};
  return { ...Object.fromEntries(short), ...issues };
}

function shortened(value: unknown): unknown {
  return typeof value === 'string' && value.length > CUT_MAX ? value.slice(0, CUT_MAX).toWellFormed() : value;
}

function withDetails(error: GraphQLError, details: Details): GraphQLError {
  const { nodes, source, positions, path, message } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { ...error.extensions, details } });
}
