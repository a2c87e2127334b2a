import { resolve } from 'node:path';
import { z } from 'zod';
import { expected } from '../../words/expected.ts';
import { StartRefused } from '../../words/refused.ts';
import { DEFAULT_PREFIX, isBucketPrefix, isRegion } from '../buckets/name.ts';
import { isHost, isOrigin, isPublicUrl, isServer, publicUrlOf } from './addresses.ts';
import type { Env } from './env.ts';
import { otlpOf, otlpShape } from './otlp.ts';
import { readSecretFile } from './secret-files.ts';
import { apart, problemsOf } from './together.ts';

const shown = (text: string) => `'${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`;

/** What has been given is repeated here, where it holds no secret. */
function whole(min: number, max?: number) {
  const range = max === undefined ? `${min} or more` : `from ${min} to ${max}`;
  return z.string().transform((text, ctx) => {
    const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= min && value <= (max ?? value)) return value;
    ctx.addIssue({ code: 'custom', message: `expected a whole number ${range}, got ${shown(text)}` });
    return z.NEVER;
  });
}

const count = (fallback: number) => whole(0).default(fallback);
/** A timer of Node's counts to 24 days at most; what is longer would be no time at all. */
const DAY_SECONDS = 86_400;
const SWITCH = /^(true|false|1|0|yes|no|on|off)$/i;
const flag = z
  .string()
  .regex(SWITCH, { error: ({ input }) => `expected true or false, got ${shown(String(input))}` })
  .transform((text) => /^(true|1|yes|on)$/i.test(text));
const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

/** The environment, one key a line; the README's table is made from it. */
export const configSchema = z.object({
  HOST: z
    .string()
    .refine(isHost, {
      error: ({ input }) =>
        `expected an address or a name such as 127.0.0.1, ::1 or localhost, got ${shown(String(input))}`,
    })
    .default('127.0.0.1')
    .describe('The address to listen on.'),
  PORT: whole(0, 65_535).default(4000).describe('The port; 0 takes a free one.'),
  WORKERS: whole(1, 256)
    .default(1)
    .describe('How many processes serve, on one port, under one parent that starts again what dies; as `--workers`.'),
  DATA_DIR: z
    .string()
    .regex(/\S/, 'expected a folder')
    .default('./data')
    .describe('Where the embedded engine keeps its data, and where buckets are made as folders.'),
  MONGODB_URI: z
    .string()
    .regex(
      /^mongodb(\+srv)?:\/\/.+/,
      'expected an address that begins with mongodb:// or mongodb+srv:// (what was given is not shown)',
    )
    .optional()
    .describe('A MongoDB replica set or sharded cluster; unset: SQLite in DATA_DIR.'),
  PUBLIC_URL: z
    .string()
    .refine(isPublicUrl, {
      error: ({ input }) => `expected an address such as https://example.com/switchyard, got ${shown(String(input))}`,
    })
    .transform(publicUrlOf)
    .optional()
    .describe('Where callers reach it, behind a proxy; a path in it may be passed on or cut off.'),
  INIT_ORG: z
    .string()
    .optional()
    .describe('The name of an organization that the first start on an empty store makes, with its Admin.'),
  INIT_TOKEN_FILE: z
    .string()
    .optional()
    .describe("That Admin's token: read from the file, or made and written to it where it is not there."),
  OIDC_ISSUER: z
    .string()
    .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
      error: ({ input }) => `expected an address such as https://login.example.com, got ${shown(String(input))}`,
    })
    .optional()
    .describe('Whose JWTs are taken as bearer tokens: the address by which it names itself.'),
  OIDC_AUDIENCE: z.string().optional().describe('For whom they must be meant (`aud`); needed with it.'),
  OIDC_ORG_CLAIM: z.string().default('org_id').describe("The claim with the organization's id."),
  OIDC_ROLE_CLAIM: z
    .string()
    .optional()
    .describe('The claim with the role of a member that is not there yet; unset: none is made.'),
  RATE_LIMIT_PER_MINUTE: count(6000).describe('Requests per token and minute; 0 switches the limit off.'),
  METRICS: flag
    .default(true)
    .describe('Whether `/metrics` is served: on loopback without a token, elsewhere with `metrics:read`.'),
  ...otlpShape,
  LOG_LEVEL: z
    .enum(LEVELS, { error: ({ input }) => `expected one of ${LEVELS.join(', ')}, got ${shown(String(input))}` })
    .default('info')
    .describe('How much is logged (on standard error).'),
  CORS_ORIGINS: z
    .string()
    .superRefine((text, ctx) => {
      for (const origin of listOf(text))
        if (!isOrigin(origin))
          ctx.addIssue(`expected * or origins such as https://app.example.com, got ${shown(origin)}`);
    })
    .default('')
    .describe('Origins that browsers may call from, separated by commas; `*` for any.'),
  SHUTDOWN_SECONDS: whole(0, DAY_SECONDS).default(10).describe('How long a shutdown waits for what is in flight.'),
  SHUTDOWN_DELAY_SECONDS: whole(0, DAY_SECONDS)
    .default(0)
    .describe('How long it goes on serving before that, not ready any more: for balancers that are late to notice.'),
  S3_ENDPOINT: z
    .string()
    .refine(
      isServer,
      'expected an address such as http://127.0.0.1:9000, without credentials (what was given is not shown)',
    )
    .optional()
    .describe('Where buckets are made by the API of S3, in path style; unset, with `S3_REGION`: at AWS.'),
  S3_REGION: z
    .string()
    .refine(isRegion, {
      error: ({ input }) => `expected a region such as eu-central-1, got ${shown(String(input))}`,
    })
    .optional()
    .describe(
      'Set: buckets are made at AWS, in the region of their workspace. Beside `S3_ENDPOINT`: the region that its requests are signed for.',
    ),
  S3_ACCESS_KEY_ID: z
    .string()
    .optional()
    .describe('The key that makes buckets; unset: credentials are found as every AWS SDK finds them.'),
  S3_SECRET_ACCESS_KEY: z.string().optional().describe('Its secret.'),
  S3_BUCKET_PREFIX: z
    .string()
    .refine(isBucketPrefix, {
      error: ({ input }) =>
        `expected up to 34 lower-case letters, digits and hyphens that S3 lets a name begin with, got ${shown(String(input))}`,
    })
    .default(DEFAULT_PREFIX)
    .describe('What the names of buckets made there begin with; the id of the workspace follows.'),
  HEALTH_CHECK_SECONDS: whole(1, 7 * DAY_SECONDS)
    .optional()
    .describe('How often provider accounts are checked; unset: on demand only.'),
  ALLOW_PRIVATE_ADDRESSES: flag
    .default(false)
    .describe('Whether health checks and webhooks may call addresses inside (loopback, link-local, private).'),
  DEMO: flag
    .optional()
    .describe('Whether demo content is made on the first start; by default outside production only.'),
  DEMO_TRAFFIC: flag
    .default(true)
    .describe(
      'Whether the demo org sends made-up requests, with an outage every four minutes, for an hour after a start.',
    ),
  NODE_ENV: z.string().optional().describe('`production` starts without demo content.'),
});

export type Config = z.output<typeof configSchema>;

/** What may also be given as a file, by the same name and `_FILE`. */
export const SECRETS = [
  'MONGODB_URI',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
] as const satisfies readonly (keyof Config)[];

/** Parses the environment; a bad value stops the start with one line that names the key. An empty value counts as unset. */
export function readConfig(env: Env): Config {
  const { config, problems } = examine(env);
  const [problem] = problems;
  if (problem !== undefined) throw new StartRefused(problem);
  const read = expected(config, 'configuration');
  return { ...read, DATA_DIR: resolve(read.DATA_DIR) };
}

/** All that would stop a start, each in one line. */
export function configIssues(env: Env): string[] {
  return examine(env).problems;
}

function examine(env: Env): { config: Config | null; problems: string[] } {
  const given: Env = { ...env };
  const unread = SECRETS.flatMap((name) =>
    problemsOf(() => {
      if (env[`${name}_FILE`]) given[name] = readSecretFile(env, name);
    }),
  );
  const result = configSchema.safeParse(Object.fromEntries(Object.entries(given).filter(([, value]) => value)));
  const read = result.success ? problemsOf(() => void otlpOf(result.data)) : result.error.issues.map(told);
  return { config: result.data ?? null, problems: [...unread, ...read, ...apart(env)] };
}

/** The value is not repeated: a connection string may hold a password. */
function told({ path, message }: { path: PropertyKey[]; message: string }): string {
  return `${String(path[0])}: ${message}`;
}

/** Whether buckets are made by S3's API. */
export function usesS3({ S3_ENDPOINT, S3_REGION }: Pick<Config, 'S3_ENDPOINT' | 'S3_REGION'>): boolean {
  return S3_ENDPOINT !== undefined || S3_REGION !== undefined;
}
