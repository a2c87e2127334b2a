import {
  MongoError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { isOfSystem } from '../../words/system-error.ts';
import { answerBy, type Deadline, msLeft, tooLate } from '../deadline.ts';
import { StoreUnavailable } from '../store.ts';

const DUPLICATE_KEY = 11_000;
const WRITE_CONFLICT = 112;

/** The connection broke: nothing is known of what was asked, and asking again may help. */
export class ConnectionLost extends StoreUnavailable {}

/**
 * One exchange with the server. Whatever comes back but an answer is the store's fault, whoever raised it: the driver
 * hands on what sockets and TLS throw as it is. What `call` itself throws before it has asked is a fault of ours.
 */
export async function exchange<T>(deadline: Deadline, call: (maxTimeMS: number) => Promise<T>): Promise<T> {
  const left = Math.floor(msLeft(deadline));
  if (left < 1) throw tooLate();
  const pending = call(left);
  try {
    return await answerBy(deadline, pending);
  } catch (error) {
    throw faultOf(error);
  }
}

/** The port's error for one that came out of an exchange; the driver's message never leaves the log. */
function faultOf(error: unknown): unknown {
  // Refused before anything was sent: a call of ours that can never succeed.
  if (error instanceof StoreUnavailable || error instanceof MongoInvalidArgumentError) return error;
  // The driver has waited for a server already.
  const Fault = isAnswer(error) || error instanceof MongoServerSelectionError ? StoreUnavailable : ConnectionLost;
  return new Fault('MongoDB cannot answer', { cause: error });
}

/** The server was not reached, or no longer: the driver hands on some errors of sockets as they are. */
export function isUnreached(error: unknown): boolean {
  return error instanceof MongoNetworkError || error instanceof MongoServerSelectionError || isOfSystem(error);
}

/** An error of the server; the driver's bulk writes give its shape to errors of the connection, but no code. */
function isAnswer(error: unknown): error is MongoServerError {
  return error instanceof MongoServerError && typeof error.code === 'number';
}

/** Somebody else's commit was in the way: the same plan may pass when made again. */
export function isConflict({ cause }: StoreUnavailable): boolean {
  return isAborted(cause) || (isAnswer(cause) && [WRITE_CONFLICT, DUPLICATE_KEY].includes(Number(cause.code)));
}

/** An id or a unique key was not free. */
export function isTaken({ cause }: StoreUnavailable): boolean {
  return isAnswer(cause) && cause.code === DUPLICATE_KEY;
}

/** The server says that the transaction has not happened and will not. */
export function isAborted(cause: unknown): boolean {
  return cause instanceof MongoError && cause.hasErrorLabel('TransientTransactionError');
}

/** The server refuses what it was asked; in a group of commits that may be one member's fault. */
export function isRefusal({ cause }: StoreUnavailable): boolean {
  return isAnswer(cause);
}
