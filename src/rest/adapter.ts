import type { GraphQLError, GraphQLSchema } from 'graphql';
import { isOfReply, toPublic } from '../graphql/errors.ts';
import type { Known } from '../graphql/mutations.ts';
import { checkAccess } from '../graphql/permission-plugin.ts';
import type { Streamed } from '../graphql/stream.ts';
import { createPreference } from '../http/accept.ts';
import { isAsItIs, mediaTypeOf, parseJson } from '../http/body.ts';
import { ANSWER_MAX_BYTES } from '../http/pieces.ts';
import { errorReply, jsonInTurns, type Reply } from '../http/reply.ts';
import { STREAM_TYPE } from '../http/streams.ts';
import type { Context, Deps, Rendered } from '../resource/context.ts';
import { matchesTag } from '../resource/version.ts';
import { commit, keptReply } from '../resource/write.ts';
import { StoreConflict, StoreUnavailable } from '../store/store.ts';
import type { Checked } from '../validation/checked.ts';
import { codeOf, conflict, detailsOf, fault, type Issue, invalid, tooLong } from '../words/errors.ts';
import { expected } from '../words/expected.ts';
import { chain, type MaybePromise, rescue } from '../words/maybe.ts';
import { type CompiledRow, compileRow } from './compile.ts';
import { followed } from './follow.ts';
import { checkRequest, type Variables } from './input.ts';
import { renderedOf } from './rendered.ts';
import { findRecord, hashRequest, recordIdOf } from './replay.ts';
import { createRouter, type Found, type Match, parametersOf } from './router.ts';
import type { Row } from './row.ts';
import { asSent } from './wire.ts';

/** What a REST request brings once its row, its caller and its bytes are known. */
export interface RestRequest {
  path: string;
  search: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  bytes: Buffer;
}

/** What it needs of the process that serves it. */
type Served = Streamed & Pick<Deps, 'now'>;

export interface RestAdapter {
  match(method: string, path: string): Match;
  /** From the media type on; the checks before (path, method, token, rate, size) are the front's. */
  handle(found: Found, request: RestRequest, ctx: Context): MaybePromise<Reply>;
}

export function createRestAdapter(schema: GraphQLSchema, rows: readonly Row[], deps: Served): RestAdapter {
  const compiled = new Map(rows.map((row) => [row, compileRow(schema, row, rows)]));
  const served = { ...deps, running: new Set<string>() };
  return {
    match: createRouter(rows),
    handle(found, request, ctx) {
      const one = expected(compiled.get(found.row), 'operation of the row');
      return rescue(
        () => answer(one, parametersOf(found), request, ctx, served),
        (error) => {
          const { requestId } = ctx;
          const isCommitted = isOfReply(one.operation.node, error);
          return failure(found.row, toPublic(error, deps.log, { requestId, isCommitted }), deps.now());
        },
      );
    },
  };
}

async function failure({ method }: Row, shown: GraphQLError, now: number): Promise<Reply> {
  const code = codeOf(shown) ?? 'INTERNAL_SERVER_ERROR';
  // The reference pages give the sentences of the other codes.
  const message = ['CONFLICT', 'SERVICE_UNAVAILABLE'].includes(code) ? shown.message : undefined;
  const details = detailsOf(shown);
  // It tells back what was sent, each issue its part.
  const told = code === 'VALIDATION_FAILED' ? await jsonInTurns(422, { detail: details.detail }) : null;
  const reply = told ?? errorReply(code, details, now, message);
  if (code === 'UNSUPPORTED_MEDIA_TYPE' && method === 'PATCH') reply.headers['Accept-Patch'] = JSON_TYPES.join(', ');
  return reply;
}

/** The contract's order: media type, JSON, permission, fields; then what only the operation can tell. */
function answer(
  compiled: CompiledRow,
  parameters: Record<string, string>,
  request: RestRequest,
  ctx: Context,
  served: Served & { running: Set<string> },
): MaybePromise<Reply> {
  const { row, stream } = compiled;
  const body = readJson(row, request);
  checkAccess(ctx.principal, compiled.needs, parameters.org_id);
  const idempotencyKey = row.method === 'POST' ? header(request, 'idempotency-key') : undefined;
  const raw = { parameters, search: request.search, body, idempotencyKey };
  return chain(checkRequest(ctx, compiled, raw), (variables) => {
    if (stream && preferredOf(header(request, 'accept')) === STREAM_TYPE)
      return followed(compiled, stream, variables, ctx, served);
    const ifMatch = row.method === 'GET' || row.method === 'POST' ? null : (header(request, 'if-match') ?? null);
    const own = ifMatch === null ? ctx : { ...ctx, terms: { ifMatch, idempotency: null } };
    const call: Call = { compiled, variables, path: request.path, ctx: own };
    if (idempotencyKey !== undefined)
      return idempotent(call, idempotencyKey, hashRequest(row.method, request.path, body), served.running);
    const condition = row.method === 'GET' ? header(request, 'if-none-match') : undefined;
    return chain(run(call), (rendered) => {
      const { etag } = rendered;
      const isSame = condition !== undefined && etag !== null && matchesTag(condition, etag, { weak: true });
      if (!isSame || !isConditional(row, rendered)) return replyOf(call, rendered);
      return { status: 304, headers: { ETag: etag }, body: null };
    });
  });
}

function isConditional({ conditional = false }: Row, { body }: Rendered): boolean {
  return typeof conditional === 'function' ? conditional(body as Record<string, unknown>) : conditional;
}

function header(request: RestRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Who takes anything is answered at once. */
const preferredOf = createPreference(['application/json', STREAM_TYPE]);

const JSON_TYPES = ['application/json', 'application/merge-patch+json'];

/** What a patch means says its media type (RFC 5789, 2): another than a merge patch would be read as what it is not. */
function isTaken({ method }: Row, type: string): boolean {
  return JSON_TYPES.includes(type) || (method !== 'PATCH' && /^application\/[\w.-]+\+json$/.test(type));
}

/** Bytes where none are expected are ignored. */
function readJson(row: Row, request: RestRequest): unknown {
  if (!row.body) return undefined;
  if (request.bytes.length === 0) return row.bodyOptional ? {} : undefined;
  const type = mediaTypeOf(header(request, 'content-type'));
  if (!isAsItIs(header(request, 'content-encoding')) || type === null || !isTaken(row, type))
    throw fault('UNSUPPORTED_MEDIA_TYPE', { accepted: JSON_TYPES });
  const parsed = parseJson(request.bytes);
  if ('value' in parsed) return parsed.value;
  const issue: Issue = {
    type: 'json_invalid',
    loc: ['body', parsed.offset],
    msg: 'JSON decode error',
    input: {},
    ctx: { error: parsed.error },
  };
  throw invalid([issue]);
}

/** A request that may run: its row, what it asks for, and the path that it was sent to. */
interface Call {
  compiled: CompiledRow;
  variables: Checked<Variables>;
  path: string;
  ctx: Context;
}

function run({ compiled, variables, ctx }: Call): MaybePromise<Rendered> {
  // An input was checked by what its type in the graph is made from; coercing it would be a second check.
  if (compiled.isMutation) return shown(compiled, ctx, variables, { input: variables.input as Known['input'] });
  const { coerced, errors } = compiled.operation.coerce(variables);
  if (!coerced) throw errors[0];
  return shown(compiled, ctx, coerced, {});
}

/** The operation's answer as the documented reply. */
function shown(compiled: CompiledRow, ctx: Context, variables: Variables, known: Known): MaybePromise<Rendered> {
  const { row, operation } = compiled;
  return chain(operation.execute(ctx, variables, known), ({ data, errors }) => {
    const error = errors?.[0];
    if (error) throw asSent(compiled, error);
    return renderedOf(row, (data as { result: object }).result);
  });
}

function replyOf({ compiled, path }: Call, rendered: Rendered): MaybePromise<Reply> {
  const { status, body, etag } = rendered;
  const headers: Record<string, string> = etag === null ? {} : { ETag: etag };
  if (body === null) return { status, headers, body: null };
  const made = compiled.made?.(body);
  if (made !== undefined) headers.Location = `${path}/${made}`;
  return chain(jsonInTurns(status, body, headers), (reply) => {
    if (!reply) throw tooLong(['query', 'limit'], ANSWER_MAX_BYTES);
    return reply;
  });
}

/** Runs once per key: the record that the commit leaves is both the lock and the later answer. */
async function idempotent(call: Call, key: string, requestHash: string, running: Set<string>): Promise<Reply> {
  const { ctx } = call;
  const recordId = recordIdOf(ctx, key);
  const replay = async () => {
    const record = await findRecord(ctx, { recordId, requestHash }, key);
    if (!record) return null;
    const reply = await replyOf(call, record);
    return { ...reply, headers: { 'Idempotency-Replayed': 'true', ...reply.headers } };
  };
  const earlier = await replay();
  if (earlier) return earlier;
  if (running.has(recordId)) throw conflict('route', { reason: 'idempotency_key_in_use' });
  running.add(recordId);
  try {
    const idempotency = { recordId, requestHash, render: (payload: unknown) => render(call, payload) };
    const keyed = { ...call, ctx: { ...ctx, terms: { ...ctx.terms, idempotency } } };
    const rendered = await run(keyed);
    // A POST that only reads (test-match) makes no commit that could hold its record.
    if (!call.compiled.isMutation) await commit(ctx, [keptReply(ctx, idempotency, rendered)]);
    return await replyOf(call, rendered);
  } catch (error) {
    // Another process was faster under the same key: its record answers, whatever this attempt ran into.
    const other = isClientError(error)
      ? null
      : await replay().catch((failed) => {
          throw failed instanceof StoreUnavailable ? error : failed;
        });
    if (other) return other;
    if (isRecordConflict(error)) throw conflict('route', { reason: 'idempotency_key_in_use' });
    throw error;
  } finally {
    running.delete(recordId);
  }
}

/** The reply that a payload will give, rendered before its commit so that the commit can hold it. */
async function render({ compiled, variables, ctx }: Call, payload: unknown): Promise<Rendered> {
  try {
    return await shown(compiled, ctx, variables, { payload: payload as object });
  } catch (error) {
    // Where in the reply it failed is nothing to tell: the mutation as a whole has failed, and nothing is committed.
    throw (error as GraphQLError).originalError ?? error;
  }
}

function isClientError(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && code !== 'CONFLICT' && code !== 'SERVICE_UNAVAILABLE';
}

function isRecordConflict(error: unknown): boolean {
  return (error as GraphQLError).originalError instanceof StoreConflict;
}
