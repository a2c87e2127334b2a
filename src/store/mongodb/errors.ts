import { MongoError, MongoServerError } from 'mongodb';
import { StoreUnavailable } from '../store.ts';

const DUPLICATE_KEY = 11_000;
const WRITE_CONFLICT = 112;

/** Somebody else's commit was in the way: the same plan may pass when made again. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  return (
    error.hasErrorLabel('TransientTransactionError') ||
    (error instanceof MongoServerError && (error.code === WRITE_CONFLICT || error.code === DUPLICATE_KEY))
  );
}

/** The commit's fate is not known. */
export function isUnknown(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}

/** A driver's error as the port's; its message never leaves the log. */
export function unavailable(error: unknown, maybe = false): unknown {
  if (!(error instanceof MongoError)) return error;
  return new StoreUnavailable('MongoDB cannot answer', { cause: error, maybe });
}
