import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { required } from '../required.ts';
import { type Setting, startSetting } from './setting.ts';

const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** Ends by itself, as a script does that was told to flush nothing, while the control plane hears a report at the third try alone. */
const PROGRAM = `
import { createSwitchyard } from 'switchyard/client';
const [url, token, workspace_id] = process.argv.slice(2);
let deaf = 2;
const fetch = async (address, init) => {
  if (String(address).endsWith('/outcome') && deaf-- > 0) throw new TypeError('fetch failed');
  return globalThis.fetch(address, init);
};
const switchyard = createSwitchyard({ url, token, fetch });
const answer = await switchyard.route({ workspace_id }, ({ upstreamModel }) => ({ upstreamModel, usage: { prompt_tokens: 3, completion_tokens: 4 } }));
process.stdout.write(answer.upstreamModel);
`;

const TYPED = `
import { createSwitchyard, Refused, type Route, type Refusal } from 'switchyard/client';
await using switchyard = createSwitchyard({ url: '', token: async () => '', whenUnreachable: { use: 1_000 } });
const answer: Response = await switchyard.route({ workspace_id: 'ws', requires_vision: true }, ({ signal }: Route) => fetch('', { signal }));
const count: number = await switchyard.route({ workspace_id: 'ws' }, async () => 1, { signal: AbortSignal.timeout(1) });
const code = (error: unknown): Refusal['code'] | null => (error instanceof Refused ? error.refusal.code : null);
// @ts-expect-error: a context names its workspace
switchyard.route({}, () => 1);
// @ts-expect-error: no such field of a context
switchyard.route({ workspace_id: 'ws', workspace: 'ws' }, () => 1);
// @ts-expect-error: what the client does itself
switchyard.route({ workspace_id: 'ws', retry_of: 'dec' }, () => 1);
// @ts-expect-error: the answer is the call's
const wrong: string = await switchyard.route({ workspace_id: 'ws' }, () => 1);
export { answer, code, count, wrong };
`;

let setting: Setting;
let folder: string;
beforeAll(async () => {
  setting = await startSetting();
  folder = mkdtempSync(join(tmpdir(), 'switchyard-packed-'));
  const installed = join(folder, 'node_modules/switchyard');
  mkdirSync(installed, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const archive = required(readdirSync(folder).find((name) => name.endsWith('.tgz')));
  execFileSync('tar', ['-xzf', archive, '-C', installed, '--strip-components=1'], { cwd: folder });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'program.js'), PROGRAM);
  writeFileSync(join(folder, 'typed.ts'), TYPED);
});
afterAll(async () => {
  await setting.harness.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((end) => child.once('exit', end));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exit, out, err };
}

test('the packed client runs where no TypeScript does, and no report is lost by a program that ends', async () => {
  const { harness, tenant, context } = setting;
  const ended = await run('program.js', harness.url, tenant.token, context.workspace_id);
  expect(ended).toEqual({ code: 0, out: 'gpt-4o-2024-11-20', err: '' });
  expect(await setting.decisions()).toMatchObject([{ outcome: { success: true, input_tokens: 3, output_tokens: 4 } }]);
});

test('what is packed imports its own files alone, and names nothing that only Node has', () => {
  const compiled = join(folder, 'node_modules/switchyard/dist/client');
  const files = readdirSync(compiled).filter((name) => name.endsWith('.js'));
  expect(files).toContain('index.js');
  for (const file of files) {
    const source = readFileSync(join(compiled, file), 'utf8');
    const foreign = [...source.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)].filter(
      ([, from]) => !/^\.\/[a-z-]+\.js$/.test(required(from)),
    );
    expect(foreign, file).toEqual([]);
    expect(source.match(/\b(process|Buffer|require|setImmediate|__dirname)\b\s*[.(]/), file).toBeNull();
  }
});

test.each(['nodenext', 'preserve'])(
  'its types say what is right, with module %s and nothing skipped',
  async (module) => {
    const options = ['--module', module, '--target', 'esnext', '--strict', '--exactOptionalPropertyTypes', '--noEmit'];
    const lib = ['--lib', 'esnext,dom,dom.asynciterable', '--skipLibCheck', 'false', '--types', ''];
    expect(await run(TSC, ...options, ...lib, 'typed.ts')).toEqual({ code: 0, out: '', err: '' });
  },
);
