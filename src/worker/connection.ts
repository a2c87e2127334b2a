import { type Api, connect } from './api.ts';
import { type Call, Unanswered } from './http.ts';
import { addressOf, tokenIn } from './options.ts';
import { WorkerRefused } from './refused.ts';

export interface Connection {
  url: string;
  tokenFile: string;
}

/** Says in one line what is wrong with the address or the token. */
export async function connected(
  { url, tokenFile }: Connection,
  signal: AbortSignal,
  waits?: Call['waits'],
): Promise<Api & { orgId: string }> {
  const address = addressOf(url);
  const token = await tokenIn(tokenFile);
  try {
    return await connect({ url: address, token, signal, waits });
  } catch (error) {
    throw refusalAt(error, address);
  }
}

export function refusalAt(error: unknown, address: string): unknown {
  if (!(error instanceof Unanswered)) return error;
  if (error.status === 401) return new WorkerRefused(`${address} refused the token (401)`);
  return new WorkerRefused(`${address} ${error.message}`);
}
