import { coerceInputValue, type GraphQLField, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql';
import type { z } from 'zod';
import { type Executable, prepareOperation } from '../graphql/execution/execute.ts';
import type { MutationExtensions } from '../graphql/mutations.ts';
import type { PermissionExtensions } from '../graphql/permission-plugin.ts';
import type { ListExtensions } from '../resource/page.ts';
import { fieldsOf, type Shape, shapeOf } from '../validation/shape.ts';
import { camel } from '../words/naming.ts';
import { tagged } from './rendered.ts';
import { parametersOf, type Row } from './row.ts';

/** A row with its operation, ready to run. */
export interface CompiledRow {
  row: Row;
  document: string;
  operation: Executable;
  /** The subscription that follows what the row reads. */
  stream: Executable | null;
  /** Whether it changes something: its input is then checked by the adapter alone. */
  isMutation: boolean;
  /** Whether its path is all that it asks for: a GET that knows no parameters of a query. */
  isRead: boolean;
  needs: PermissionExtensions;
  /** Whether the root takes one `input`, as every mutation does. */
  takesInput: boolean;
  /** The path's parameters: as written, as the graph names them, and what they must be where they are not just any text. */
  parameters: { name: string; field: string; schema: z.ZodType | null }[];
  own: Pick<MutationExtensions, 'changes' | 'rules' | 'missing'>;
  pageIssues: ListExtensions['pageIssues'];
  /** Of a row that creates: the last part of the address of what a reply shows, below the row's own path. */
  made: ((body: unknown) => string) | null;
}

/** Writes the row's operation from the root field's own arguments, then parses, validates and prepares it: once, at start. */
export function compileRow(schema: GraphQLSchema, row: Row, rows: readonly Row[]): CompiledRow {
  const field = rootFieldOf(schema, row);
  const document = documentOf(schema, { ...row, selection: tagged(row) });
  const extensions = field.extensions as MutationExtensions & PermissionExtensions & ListExtensions;
  if (extensions.input) demandSame(row, extensions.input);
  const takesInput = field.args.some((arg) => arg.name === 'input');
  return {
    row,
    document,
    operation: prepared(schema, row, document),
    stream: row.stream === undefined ? null : streamOf(schema, row, row.stream),
    isMutation: extensions.input !== undefined,
    isRead: row.method === 'GET' && !row.query && !takesInput,
    needs: { permission: extensions.permission, unlimited: extensions.unlimited },
    takesInput,
    parameters: parametersOf(row.path).map((name) => ({
      name,
      field: camel(name),
      schema: boundOf(extensions.input, camel(name)),
    })),
    own: { changes: extensions.changes, rules: extensions.rules, missing: extensions.missing },
    pageIssues: extensions.pageIssues && pageIssuesOf(field, extensions.pageIssues),
    made: row.status === 201 ? madeBy(row, rows) : null,
  };
}

/** A cursor is bound to the list's filters as the graph reads them: a time in another zone, or without milliseconds, is the same time. */
function pageIssuesOf(
  { args }: GraphQLField<unknown, unknown>,
  pageIssues: NonNullable<ListExtensions['pageIssues']>,
): ListExtensions['pageIssues'] {
  return (given, ctx) => {
    const sent: Record<string, unknown> = { ...given };
    const read = args
      .filter(({ name }) => sent[name] !== undefined)
      .map(({ name, type }) => [name, coerceInputValue(sent[name], type)]);
    return pageIssues(Object.fromEntries(read), ctx);
  };
}

/** The same as a subscription, with the arguments that it has. */
function streamOf(schema: GraphQLSchema, row: Row, selection: string): Executable {
  const field = schema.getSubscriptionType()?.getFields()[row.root];
  if (!field) throw new Error(`${row.operationId}: the graph has no subscription ${row.root}`);
  return prepared(schema, row, documentOf(schema, { ...row, selection }, field, 'subscription'));
}

function prepared(schema: GraphQLSchema, { operationId }: Row, text: string): Executable {
  // Nobody is told where in it something is wrong: places take more memory than all the rest.
  const document = parse(text, { noLocation: true });
  const [error] = validate(schema, document);
  const operation = getOperationAST(document);
  if (error || !operation) throw new Error(`${operationId}: ${error?.message}\n${text}`);
  return prepareOperation(schema, document, operation);
}

function madeBy({ operationId, path, reply }: Row, rows: readonly Row[]): CompiledRow['made'] {
  const reads = rows.filter((row) => row.method === 'GET' && row.path.startsWith(`${path}/{`));
  const [parameter] = reads.flatMap((row) => /^\{([a-z_]+)\}$/.exec(row.path.slice(path.length + 1))?.[1] ?? []);
  if (parameter === undefined) throw new Error(`${operationId}: what it creates cannot be read at any address`);
  return (body) => {
    const made = reply?.kind === 'wrapped' ? (body as Record<string, unknown>)[reply.key] : body;
    return encodeURIComponent(String((made as Record<string, unknown>)[parameter]));
  };
}

export function rootFieldOf(schema: GraphQLSchema, row: Row): GraphQLField<unknown, unknown> {
  const field = schema.getQueryType()?.getFields()[row.root] ?? schema.getMutationType()?.getFields()[row.root];
  if (!field) throw new Error(`${row.operationId}: the graph has no root field ${row.root}`);
  return field;
}

export function documentOf(
  schema: GraphQLSchema,
  row: Row,
  field = rootFieldOf(schema, row),
  kind = schema.getMutationType()?.getFields()[row.root] ? 'mutation' : 'query',
): string {
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

/** Path parameters are text of at least one character; where the root's input bounds one further (a thread's id), that bound holds. */
function boundOf(input: z.ZodType | undefined, field: string): z.ZodType | null {
  const shape = input && fieldsOf(input)[field];
  if (!shape) return null;
  return isText(shape, 1) ? null : shape.schema;
}

/** A write is checked once, by the adapter: its body and path must say all that the graph's own input asks for. */
function demandSame({ operationId, path, body }: Row, input: z.ZodType): void {
  const [wanted, given] = [shapeOf(input), body && shapeOf(body)];
  const [asked, sent] = [fieldsOf(input), body ? fieldsOf(body) : {}];
  const inPath = parametersOf(path).map(camel);
  const others = Object.keys({ ...asked, ...sent }).filter((name) => !inPath.includes(name));
  const unchecked = others.filter((name) => !isChecked(asked[name], sent[name]));
  if (unchecked.length > 0 || wanted.hasRules !== (given?.hasRules ?? false))
    throw new Error(`${operationId}: its body lets pass what the graph's input would not (${unchecked.join(', ')})`);
}

/** Whether what a body's field lets pass, the input's would: being the same, or any text. */
function isChecked(asked: Shape | undefined, sent: Shape | undefined): boolean {
  if (!asked || asked === sent) return asked === sent;
  if (!sent) return !asked.required && !asked.hasDefault;
  return isText(asked, 0) && sent.kind === 'string' && (asked.nullable || !sent.nullable);
}

/** Whether it is text that is bounded by no more than its least length. */
function isText({ kind, minimum = 0, maximum, hasRules, isName }: Shape, least: number): boolean {
  return kind === 'string' && minimum <= least && maximum === undefined && !hasRules && !isName;
}
