import { configSchema, SECRETS } from './config.ts';
import type { Env } from './env.ts';

export interface NearMiss {
  given: string;
  meant: string;
}

/** Names by which other programs know what ours mean; each is its variable's name here, too much unlike it to be told by letters. */
const ELSEWHERE: Record<string, string> = {
  MONGOURL: 'MONGODB_URI',
  MONGOURI: 'MONGODB_URI',
  MONGODBURL: 'MONGODB_URI',
  MONGODB: 'MONGODB_URI',
  MONGODBCONNECTIONSTRING: 'MONGODB_URI',
  DATAFOLDER: 'DATA_DIR',
  DATADIRECTORY: 'DATA_DIR',
  DATAPATH: 'DATA_DIR',
  LOGGINGLEVEL: 'LOG_LEVEL',
  CORSORIGIN: 'CORS_ORIGINS',
  CORSALLOWEDORIGINS: 'CORS_ORIGINS',
  ALLOWEDORIGINS: 'CORS_ORIGINS',
  RATELIMIT: 'RATE_LIMIT_PER_MINUTE',
  RATELIMITPERMIN: 'RATE_LIMIT_PER_MINUTE',
  SHUTDOWNTIMEOUT: 'SHUTDOWN_SECONDS',
  NODEENVIRONMENT: 'NODE_ENV',
  S3URL: 'S3_ENDPOINT',
  S3ENDPOINTURL: 'S3_ENDPOINT',
  S3ACCESSKEY: 'S3_ACCESS_KEY_ID',
  S3SECRETKEY: 'S3_SECRET_ACCESS_KEY',
  S3PREFIX: 'S3_BUCKET_PREFIX',
};
/** What orchestrators say of a service that is called as we are: `SWITCHYARD_PORT=tcp://10.0.0.7:4000`. */
const SERVICE = /^(tcp|udp|sctp):\/\//;
/** A word so short is one letter away from words of others (`PORTS`, `POST`): its own letters only, two of them swapped. */
const SHORT = 6;

const names = new Map(Object.keys(configSchema.shape).map((name) => [lettersOf(name), name]));

/** Variables that are nobody's but almost ours, whose wish would be passed over without a word. */
export function nearMisses(env: Env): NearMiss[] {
  return Object.keys(env).flatMap((given) => {
    if (isRead(given) || !env[given] || SERVICE.test(env[given])) return [];
    const meant = meantBy(given);
    // The other name may be there for somebody else; where ours says the same, nothing is lost.
    return meant === null || env[meant] === env[given] ? [] : [{ given, meant }];
  });
}

/** Ours, or the file with one of our secrets. */
function isRead(given: string): boolean {
  return Object.hasOwn(configSchema.shape, given) || SECRETS.some((name) => given === `${name}_FILE`);
}

export function sentenceOf({ given, meant }: NearMiss): string {
  return `${given} is not read; did you mean ${meant}?`;
}

function meantBy(given: string): string | null {
  const letters = lettersOf(given.replace(/^switchyard[_-]/i, ''));
  const own = names.get(letters) ?? (Object.hasOwn(ELSEWHERE, letters) ? ELSEWHERE[letters] : undefined);
  if (own !== undefined) return own;
  for (const [known, name] of names) if (isSlip(letters, known)) return name;
  return null;
}

function lettersOf(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** One letter too many, too few, another or two swapped; in a short word the last only. */
function isSlip(given: string, known: string): boolean {
  let [start, end] = [0, 0];
  const most = Math.min(given.length, known.length);
  while (start < most && given[start] === known[start]) start += 1;
  while (end < most - start && given.at(-1 - end) === known.at(-1 - end)) end += 1;
  const [left, right] = [given.slice(start, given.length - end), known.slice(start, known.length - end)];
  if (left.length === 2 && right.length === 2) return left[0] === right[1] && left[1] === right[0];
  return known.length >= SHORT && left.length <= 1 && right.length <= 1;
}
