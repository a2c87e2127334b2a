import { StartRefused } from '../../words/refused.ts';
import type { Env } from './env.ts';
import { readName } from './given-name.ts';

const PAIRS = [
  ['INIT_ORG', 'INIT_TOKEN_FILE'],
  ['OIDC_ISSUER', 'OIDC_AUDIENCE'],
] as const;
const S3_KEYS = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

/** What is wrong between variables: a half of what is needed would make buckets elsewhere, or by somebody else. */
export function apart(env: Env): string[] {
  const name = env.INIT_ORG;
  const problems = name ? problemsOf(() => void nameOfOrg(name)) : [];
  for (const [one, other] of PAIRS)
    if (!env[one] !== !env[other]) problems.push(`${one}: it is given together with ${other}, or not at all`);
  return [
    ...problems,
    ...s3Of((secret) => Boolean(env[secret] || env[`${secret}_FILE`]), Boolean(env.S3_ENDPOINT || env.S3_REGION)),
  ];
}

export function nameOfOrg(given: string): string {
  return readName(given, (why) => new StartRefused(`INIT_ORG: ${why}`));
}

function* s3Of(has: (secret: string) => boolean, usesS3: boolean): Generator<string> {
  const [missing, ...others] = S3_KEYS.filter((key) => !has(key));
  if (missing && others.length === 0) yield `${missing}: expected beside ${S3_KEYS.find((key) => key !== missing)}`;
  if (!missing && !usesS3) yield `${S3_KEYS[0]}: expected S3_ENDPOINT or S3_REGION beside it`;
}

/** In one line each, why it cannot start. */
export function problemsOf(work: () => void): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof StartRefused) return [error.message];
    throw error;
  }
}
