import { GraphQLError } from 'graphql';
import { toPublic } from '../graphql/errors.ts';
import type { Executable } from '../graphql/execution/execute.ts';
import type { Streamed } from '../graphql/stream.ts';
import { sourceOf } from '../graphql/subscribe.ts';
import type { Reply } from '../http/reply.ts';
import { frame } from '../http/streams.ts';
import type { Context, Deps } from '../resource/context.ts';
import { codeOf, detailsOf, envelope } from '../words/errors.ts';
import type { CompiledRow } from './compile.ts';
import type { Variables } from './input.ts';
import { asSent } from './wire.ts';

/** The row as a stream: each value is an event, by the id behind which one can resume; the last one may be an `error`. */
export async function followed(
  compiled: CompiledRow,
  stream: Executable,
  given: Variables,
  ctx: Context,
  { now, log, rooms }: Streamed & Pick<Deps, 'now'>,
): Promise<Reply> {
  const { coerced, errors } = stream.coerce(given);
  if (!coerced) throw errors[0];
  const source = await sourceOf(stream, coerced, ctx).catch((error: unknown) => {
    throw error instanceof GraphQLError ? asSent(compiled, error) : error;
  });
  return {
    status: 200,
    headers: {},
    body: null,
    stream: (outlet) =>
      source.open(rooms, {
        async next(rootValue, id, reader) {
          const { data, errors: failed } = await stream.execute(reader, coerced, rootValue);
          if (failed) throw failed[0];
          outlet.write(frame((data as { result: object }).result, { id }));
        },
        end(error) {
          const shown = toPublic(error, log, { requestId: ctx.requestId, isCommitted: false });
          const code = codeOf(shown) ?? 'INTERNAL_SERVER_ERROR';
          outlet.end(frame(envelope(code, detailsOf(shown), now()), { event: 'error' }));
        },
        drained: () => outlet.drained(),
      }),
  };
}
