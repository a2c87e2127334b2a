import type { Clause, Collection, Doc, MaybePromise } from '../../store/store.ts';
import type { Context } from '../context.ts';

/** What is told in the order of its numbers. */
export interface Numbered extends Doc {
  place: number;
}

/** What a stream follows: documents of a numbered collection, and who may see what of them. */
export interface Topic<D extends Numbered> {
  collection: Collection<D>;
  /** Without it nobody follows it. */
  permission: string;
  /** What of it is asked for, as far as conditions of a read can say it. */
  where: Clause[];
  /** All of what is asked for, as a test. */
  passes(doc: D): boolean;
  /** Whether a reader may know of it now. */
  sees(ctx: Context, doc: D): MaybePromise<boolean>;
  /** With what of it is stored elsewhere; those of many documents are read together. */
  whole?(ctx: Pick<Context, 'loaders' | 'principal'>, doc: D): MaybePromise<D>;
}
