import type { GraphQLError } from 'graphql';
import { shapeOf, wirePath } from '../validation/shape.ts';
import { codeOf, detailsOf, type Issue, invalid } from '../words/errors.ts';
import { snake } from '../words/naming.ts';
import type { CompiledRow } from './compile.ts';

type Loc = (string | number)[];

/** What the graph refuses below its `input` or at an argument, told of the request's own path, query and body. */
export function asSent(compiled: CompiledRow, error: GraphQLError): GraphQLError {
  if (codeOf(error) !== 'VALIDATION_FAILED') return error;
  const issues = detailsOf(error).detail as Issue[];
  return invalid(issues.map((issue) => ({ ...issue, loc: locOf(compiled, issue.loc) })));
}

/** Where the graph's `input.bridgeId`, or its argument `first`, lies in the row's request; a header is one in either. */
export function locOf({ row, parameters }: CompiledRow, [first, ...rest]: Loc): Loc {
  if (first === 'header') return [first, ...rest];
  if (first === undefined) return [];
  const path = first === 'input' ? rest : [first, ...rest];
  const parameter = parameters.find(({ field }) => field === path[0]);
  if (parameter) return ['path', parameter.name, ...path.slice(1)];
  if (first === 'input') return ['body', ...wirePath(row.body && shapeOf(row.body), path)];
  const [renamed] = Object.entries(row.renames ?? {}).find(([, argument]) => argument === first) ?? [String(first)];
  return ['query', snake(renamed), ...rest];
}
