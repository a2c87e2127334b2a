import type { ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import type { Reply } from '../http/reply.ts';
import { frame, STREAM_HEADERS } from '../http/streams.ts';
import type { Context } from '../resource/context.ts';
import type { Rooms } from '../resource/feed/rooms.ts';
import { toPublic } from './errors.ts';
import type { Selected } from './operations.ts';
import { ranOf } from './ran.ts';
import { sourceOf } from './subscribe.ts';

/** GraphQL over SSE, distinct connections: each result is a `next`, the last word a `complete`. */
const COMPLETE = 'event: complete\ndata:\n\n';

/** What streams need of the process that serves them. */
export interface Streamed {
  log: Logger;
  rooms: Rooms;
}

export async function subscribed(
  { executable, variables }: Selected,
  ctx: Context,
  { log, rooms }: Streamed,
): Promise<Reply> {
  const source = await sourceOf(executable, variables, ctx);
  const shown = (error: unknown) => toPublic(error, log, { requestId: ctx.requestId, isCommitted: false });
  return {
    status: 200,
    headers: {},
    body: null,
    operation: ranOf(executable.node),
    stream: (outlet) =>
      source.open(rooms, {
        async next(rootValue, id, reader) {
          const { data, errors } = await executable.execute(reader, variables, rootValue);
          const told: ExecutionResult = errors ? { errors: errors.map(shown), data } : { data };
          outlet.write(frame(told, { event: 'next', id }));
        },
        end: (error) => outlet.end(frame({ errors: [shown(error)] }, { event: 'next' }) + COMPLETE),
        drained: () => outlet.drained(),
      }),
  };
}

/** A query's or a mutation's answer, asked for as a stream: one result, and the end of it. */
export function asStream({ headers, body, ...reply }: Reply): Reply {
  const pieces = [body ?? []].flat().map((piece) => Buffer.from(piece as string));
  return {
    ...reply,
    headers: { ...headers, ...STREAM_HEADERS },
    body: [Buffer.from('event: next\ndata: '), ...pieces, Buffer.from(`\n\n${COMPLETE}`)],
  };
}
