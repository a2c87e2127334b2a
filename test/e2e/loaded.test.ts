import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer } from './process.ts';

/** Says at its end which packages the program has loaded, and whether Node's compiler of TypeScript is among its own parts. */
const TELL = `
import { registerHooks } from 'node:module';
const names = new Set();
registerHooks({ load(url, context, next) {
  const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
  if (name) names.add(name);
  return next(url, context);
} });
process.on('exit', () => {
  if (process.moduleLoadList.some((part) => part.includes('amaro'))) names.add('typescript compiler');
  process.stderr.write('loaded ' + JSON.stringify([...names]) + '\\n');
});
`;

/** What a start needs that nothing is configured for: all else is loaded by who needs it. */
const NEEDED = [
  // Prometheus' client brings it.
  '@opentelemetry/api',
  '@pothos/core',
  '@pothos/plugin-relay',
  '@prometheus-io/client',
  'commander',
  'content-type',
  'dataloader',
  'graphql',
  'lru-cache',
  'marked',
  'negotiator',
  'pino',
  'zod',
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-loaded-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function loadedByStart(): Promise<string[]> {
  const server = await startServer({
    DATA_DIR: join(folder, 'data'),
    MONGODB_URI: '',
    // What is compiled is kept here, whatever other tests have left.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL)}`,
  });
  server.child.kill('SIGTERM');
  await server.exit;
  return JSON.parse(/loaded (\[.*\])/.exec(server.stderr())?.[1] ?? '[]');
}

test('a start loads no dependency that is not configured, and from the second on no compiler', async () => {
  expect(await loadedByStart()).toContain('typescript compiler');
  const loaded = await loadedByStart();
  expect(loaded).not.toContain('typescript compiler');
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
  expect(
    Object.keys(dependencies)
      .filter((name) => loaded.includes(name))
      .sort(),
  ).toEqual(NEEDED);
});
