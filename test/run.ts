/** `npm test`: finds (or makes) a MongoDB-compatible and an S3-compatible server, then runs every test; without one its tests are skipped, and counted. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HOW_TO_GET_HELM, hasHelm } from './helm.ts';
import { findMongo, HOW_TO_GET_ONE } from './mongo-server.ts';
import { findS3 } from './s3-server.ts';

const require = createRequire(import.meta.url);
const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
const server = await findMongo(process.env);
process.stdout.write(
  server ? `MongoDB tests run on ${server.kind}.\n` : `MongoDB tests are skipped; to run them ${HOW_TO_GET_ONE}.\n`,
);
const s3 = findS3();
if (!s3) process.stdout.write('Tests of S3 are skipped; to run them have python3.11.\n');
if (!hasHelm) process.stdout.write(`Tests of the rendered chart are skipped; to run them ${HOW_TO_GET_HELM}.\n`);
// What the workers and the many processes that they start compile is compiled once.
const NODE_COMPILE_CACHE = join(import.meta.dirname, '../node_modules/.cache/compiled');
const env = {
  NODE_COMPILE_CACHE,
  ...process.env,
  ...(server ? { MONGODB_TEST_URI: server.uri } : {}),
  ...(s3 ? { S3_TEST_SERVER: s3 } : {}),
};
const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], { stdio: 'inherit', env });
child.on('exit', async (code) => {
  process.exitCode = code ?? 1;
  await server?.stop();
});
