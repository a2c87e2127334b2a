export type Moment = number | string;

/** A collection, by what tells one from the others here. */
interface Named {
  name: string;
  stamped?: boolean;
  ancestors?: readonly unknown[];
}

/**
 * Answers another moment once anything may have changed that `get`, `page` and `counts` answer of an org from these
 * collections: who has read of them at the same moment need not read again. Null: it cannot be told of one of them.
 */
export interface Moments {
  /** Whether it tells of the time when it is asked; else of one time before that. */
  readonly isNow: boolean;
  of(from: readonly Named[]): Moment | null;
}
