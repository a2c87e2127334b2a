import type { Context } from '../resource/context.ts';
import type { Rooms } from '../resource/feed/rooms.ts';
import type { Executable } from './execution/execute.ts';
import { checkAccess, type PermissionExtensions } from './permission-plugin.ts';

/** What a subscription's root field answers: something that can be opened, and then gives values until it is left. */
export interface Source {
  /** Answers how to leave. */
  open(rooms: Rooms, listener: Listener): () => void;
}

export interface Listener {
  /** The parent of the root field, the id behind which one can resume, and the context to show it in. */
  next(rootValue: object, id: string, ctx: Context): Promise<void>;
  end(error: Error): void;
  /** Null where what was given has been taken, else a promise of that. */
  drained(): Promise<void> | null;
}

/** Checks the permission and the arguments of a subscription; nothing is opened yet. */
export async function sourceOf(
  executable: Executable,
  variables: Record<string, unknown>,
  ctx: Context,
): Promise<Source> {
  const { definition, args } = executable.root(variables);
  if (!definition.subscribe) throw new Error('the operation subscribes to nothing');
  checkAccess(ctx.principal, definition.extensions as PermissionExtensions, args.orgId);
  return (await definition.subscribe(undefined, args, ctx, undefined as never)) as Source;
}
