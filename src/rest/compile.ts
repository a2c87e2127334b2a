import { type GraphQLField, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql';
import { z } from 'zod';
import { type Executable, prepareOperation } from '../graphql/execution/execute.ts';
import type { MutationExtensions } from '../graphql/mutations.ts';
import type { PermissionExtensions } from '../graphql/permission-plugin.ts';
import type { ListExtensions } from '../graphql/roots.ts';
import { shapeOf } from '../validation/shape.ts';
import { camel } from '../words/naming.ts';
import { parametersOf, type Row } from './row.ts';

/** A row with its operation, ready to run. */
export interface CompiledRow {
  row: Row;
  document: string;
  operation: Executable;
  permission: string | null;
  /** Whether tokens limited to workspaces are refused. */
  unlimited: boolean;
  /** Whether the root takes one `input`, as every mutation does. */
  takesInput: boolean;
  /** The path's parameters: as written, as the graph names them, and what they must be. */
  parameters: { name: string; field: string; schema: z.ZodType }[];
  own: Pick<MutationExtensions, 'changes' | 'rules' | 'missing'>;
  pageIssues: ListExtensions['pageIssues'];
  /** Of a row that creates: the last part of the address of what a reply shows, below the row's own path. */
  made: ((body: unknown) => string) | null;
}

/** Writes the row's operation from the root field's own arguments, then parses, validates and prepares it: once, at start. */
export function compileRow(schema: GraphQLSchema, row: Row, rows: readonly Row[]): CompiledRow {
  const field = rootFieldOf(schema, row);
  const document = documentOf(schema, row, field);
  const parsed = parse(document);
  const [error] = validate(schema, parsed);
  if (error) throw new Error(`${row.operationId}: ${error.message}\n${document}`);
  const extensions = field.extensions as MutationExtensions & PermissionExtensions & ListExtensions;
  return {
    row,
    document,
    operation: prepareOperation(schema, parsed, getOperationAST(parsed)!),
    permission: extensions.permission ?? null,
    unlimited: extensions.unlimited ?? false,
    takesInput: field.args.some((arg) => arg.name === 'input'),
    parameters: parametersOf(row.path).map((name) => ({
      name,
      field: camel(name),
      schema: boundOf(extensions.input, camel(name)),
    })),
    own: { changes: extensions.changes, rules: extensions.rules, missing: extensions.missing },
    pageIssues: extensions.pageIssues,
    made: row.status === 201 ? madeBy(row, rows) : null,
  };
}

function madeBy({ operationId, path, reply }: Row, rows: readonly Row[]): CompiledRow['made'] {
  const reads = rows.filter((row) => row.method === 'GET' && row.path.startsWith(`${path}/{`));
  const [parameter] = reads.flatMap((row) => /^\{([a-z_]+)\}$/.exec(row.path.slice(path.length + 1))?.[1] ?? []);
  if (parameter === undefined) throw new Error(`${operationId}: what it creates cannot be read at any address`);
  return (body) => {
    const made = reply?.kind === 'wrapped' ? (body as Record<string, unknown>)[reply.key!] : body;
    return encodeURIComponent(String((made as Record<string, unknown>)[parameter]));
  };
}

export function rootFieldOf(schema: GraphQLSchema, row: Row): GraphQLField<unknown, unknown> {
  const field = schema.getQueryType()!.getFields()[row.root] ?? schema.getMutationType()!.getFields()[row.root];
  if (!field) throw new Error(`${row.operationId}: the graph has no root field ${row.root}`);
  return field;
}

export function documentOf(schema: GraphQLSchema, row: Row, field = rootFieldOf(schema, row)): string {
  const kind = schema.getMutationType()!.getFields()[row.root] ? 'mutation' : 'query';
  const wanted = new Set(argumentsOf(row));
  const args = field.args.filter((arg) => arg.name === 'input' || wanted.has(arg.name));
  const variables = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const values = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const list = (text: string) => (text === '' ? '' : `(${text})`);
  return `${kind} ${row.operationId}${list(variables)} { result: ${row.root}${list(values)} ${row.selection} }`;
}

/** The names of the arguments that the row's path and query fill. */
function argumentsOf(row: Row): string[] {
  const query = Object.keys(row.query?.shape ?? {}).map((name) => {
    const renamed = row.renames?.[name];
    return renamed === undefined ? name : renamed;
  });
  return [...parametersOf(row.path).map(camel), ...query.filter((name) => name !== null)];
}

const anyText = z.string();

/** Path parameters are text; where the root's input bounds one (a thread's id), that bound holds. */
function boundOf(input: z.ZodType | undefined, field: string): z.ZodType {
  return (input && shapeOf(input).fields?.[field]?.schema) ?? anyText;
}
