import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageRefused } from '../../words/refused.ts';
import type { Connection } from '../../worker/connection.ts';
import { readConfig } from './config.ts';
import type { Env } from './env.ts';

/** By default the server that this configuration starts, with the token of its demo. */
export function placeOf({ url, tokenFile }: Partial<Connection>, env: Env): Connection {
  const { HOST, PORT, DATA_DIR } = readConfig(env);
  const demo = join(DATA_DIR, 'demo-token');
  if (tokenFile === undefined && !existsSync(demo))
    throw new UsageRefused(`--token-file: expected a file with a token; there is no ${demo}`);
  return { url: url ?? `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${PORT}`, tokenFile: tokenFile ?? demo };
}
