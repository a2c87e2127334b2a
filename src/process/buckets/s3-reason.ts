import { systemWords } from './reason.ts';

const REGIONS = ['InvalidLocationConstraint', 'IllegalLocationConstraintException', 'InvalidRegionName'];
const CREDENTIALS = ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken'];

/** What S3, or the way there, answered: in words for a person, of which none is the server's own but its code. */
export function wordsOf(error: unknown, region: string): string {
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return systemWords(error) ?? wordsOfWay(error, region);
  // What is no code (a page of a proxy) is the SDK's class, or a text of whoever sent it.
  const code = /^[A-Z][A-Za-z0-9]{2,63}$/.test(name) ? ` (${name})` : '';
  if (REGIONS.includes(name)) return noSuchRegion(region) + code;
  if (CREDENTIALS.includes(name)) return `the store refused the credentials${code}`;
  if (status === 401 || status === 403) return `the credentials do not allow it${code}`;
  return `the store answered ${status}${code}`;
}

export function noSuchRegion(region: string): string {
  return `the store does not make buckets in the region ${JSON.stringify(region)}`;
}

function wordsOfWay(error: unknown, region: string): string {
  const { name, code = '' } = error as NodeJS.ErrnoException;
  if (name === 'CredentialsProviderError') return 'there are no credentials for the store';
  if (name === 'TimeoutError') return 'the store could not be reached in time';
  if (/ENOTFOUND|EAI_AGAIN/.test(code))
    return `the host of the store is not known, for the region ${JSON.stringify(region)}`;
  return 'the store gave no answer that could be read';
}
