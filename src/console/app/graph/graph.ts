import type { Document } from './document.ts';
import { currentToken } from './token.ts';

/** What the graph said no to; `code` is one of its closed list, or NETWORK where nothing was heard. */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface GraphError {
  message: string;
  extensions?: { code?: string; details?: { required_permission?: string } };
}

const onUnknownToken = new Set<() => void>();

/** Called whenever the server does not know the token. */
export function whenTokenIsUnknown(tell: () => void): () => void {
  onUnknownToken.add(tell);
  return () => onUnknownToken.delete(tell);
}

export function unknownToken(): void {
  for (const tell of onUnknownToken) tell();
}

/** Beside the page, below whatever path a proxy has put it. */
export const ENDPOINT = new URL('graphql', document.baseURI);

export function headersOf(accept: string): Record<string, string> {
  return { 'Content-Type': 'application/json', Accept: accept, Authorization: `Bearer ${currentToken()}` };
}

/** Asks the graph. What is denied in part is shown in part: only an answer without any data is a refusal. */
export async function ask<Data, Variables>(
  query: Document<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: headersOf('application/json'),
    body: JSON.stringify({ query, variables }),
    signal: signal ?? null,
  }).catch((cause: unknown) => {
    throw signal?.aborted ? cause : new Refusal('NETWORK', 'The server cannot be reached.');
  });
  const { data, errors } = (await response.json().catch(() => ({}))) as { data?: Data | null; errors?: GraphError[] };
  if (response.status === 401) unknownToken();
  const hasData = data && Object.values(data).some((value) => value !== null);
  if (hasData || (data && !errors)) return data;
  throw refusalOf(errors?.[0], response.status);
}

function refusalOf(error: GraphError | undefined, status: number): Refusal {
  if (!error) return new Refusal('NETWORK', `The server answered ${status}.`);
  const needed = error.extensions?.details?.required_permission;
  const message = needed ? `This token lacks the permission ${needed}.` : error.message;
  return new Refusal(error.extensions?.code ?? 'UNKNOWN', message);
}
