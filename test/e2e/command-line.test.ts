import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pkg from '../../package.json' with { type: 'json' };
import { createProgram } from '../../src/process/commands.ts';
import { everyCommand, leaves } from '../every-command.ts';
import { required } from '../required.ts';
import { runCommand } from './process.ts';

/** A port that no server may have. */
const NOBODY = 'http://127.0.0.1:1';
const WORKER = ['worker', '--url', NOBODY, '--token-file', 'token'];

describe('the command line', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-words-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Nothing may be begun by what is asked here: neither a server nor a folder. */
  const run = async (...args: string[]) => {
    const untouched = join(folder, 'data');
    const answer = await runCommand(args, { DATA_DIR: untouched, PORT: '0', MONGODB_URI: '' });
    expect(existsSync(untouched)).toBe(false);
    return answer;
  };

  const paths = everyCommand().map(({ path }) => path);
  test.each(paths.map((words) => ({ words })))('$words --help is its own help, and exits 0', async ({ words }) => {
    const { code, stdout, stderr } = await run(...words, '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: ${['switchyard', ...words].join(' ')} `));
    expect((await run('help', ...words)).stdout).toBe(stdout);
  });

  test('every command that does something shows an example', async () => {
    for (const { command, path } of leaves) {
      const help: string[] = [];
      command.configureOutput({ writeOut: (text) => help.push(text) }).outputHelp();
      expect(help.join('')).toContain(`\n  $ switchyard ${path.join(' ')}`);
    }
  });

  test.each(leaves)('$path knows no option but its own', async ({ command, path }) => {
    const needed = [
      ...command.registeredArguments.map((one) => one.argChoices?.[0] ?? 'x'),
      ...command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [required(long), 'x']),
    ];
    const parsing = createProgram({}).parseAsync([...path, ...needed, '--frobnicate'], { from: 'user' });
    await expect(parsing).rejects.toMatchObject({ code: 'commander.unknownOption' });
  });

  test('--version is the version of the package', async () => {
    expect(await run('--version')).toEqual({ code: 0, stdout: `${pkg.version}\n`, stderr: '' });
  });

  test.each([
    [['frobnicate'], /unknown command 'frobnicate'; see "switchyard --help"/],
    [['srve'], /unknown command 'srve' \(Did you mean serve\?\)/],
    [['help', 'frobnicate'], /unknown command 'frobnicate'/],
    [['--bogus'], /unknown option '--bogus'/],
    [['serve', '--bogus'], /unknown option '--bogus'; see "switchyard serve --help"/],
    [['serve', '--no-dmo'], /unknown option '--no-dmo' \(Did you mean --no-demo\?\)/],
    [['serve', 'extra'], /too many arguments for 'serve'/],
    [['org', 'craete', 'x'], /unknown command 'craete' \(Did you mean create\?\); see "switchyard org --help"/],
    [['org', 'create'], /missing required argument 'name'/],
    [['org', 'create', 'a', 'b'], /too many arguments for 'create'/],
    [['org', 'create', ''], /name: String should have at least 1 character/],
    [['copy', '--from', 'sqlite:x'], /required option '--to <place>' not specified/],
    [['copy', '--from', 'sqlite:x', '--to', 'mongo://me:s3cret@x'], /^switchyard: copy: a place is [^@]*\n$/],
    [['simulate'], /missing required argument 'scenario'/],
    [[...WORKER, '--texts', 'ftp://x/texts'], /--texts: expected a path, or an address that begins with http/],
    [[...WORKER, '--sink', 's3://bucket/file'], /--sink: expected a path, or an address that begins with http/],
  ])('%j is one line that says what is wrong and where to look, exit 2', async (args, line) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^switchyard: .*; see "switchyard .*--help"\n$/);
  });

  test('texts that are not there are told before any item can fail for want of them', async () => {
    for (const texts of ['/nowhere/at/all', import.meta.filename, '']) {
      const ran = await run(...WORKER, '--texts', texts);
      expect(ran).toEqual({ code: 1, stdout: '', stderr: `switchyard: --texts: there is no folder ${texts}\n` });
    }
  });

  test('whoever asks a server that is not there says so and ends', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'any-token\n');
    const there = ['--token-file', file];
    for (const words of [
      ['jobs', '--url', NOBODY, ...there],
      ['worker', '--url', NOBODY, ...there],
      ['webhooks', 'listen', '--server', NOBODY, ...there],
    ]) {
      const { code, stdout, stderr } = await run(...words);
      expect([words[0], code, stdout, stderr]).toEqual([
        words[0],
        1,
        '',
        expect.stringMatching(/^switchyard: http\S+ could not be reached[^\n]*\n$/),
      ]);
    }
  });

  test('words that lack a command are answered with the help, exit 2', async () => {
    for (const words of [[], ['org']]) {
      const { code, stdout, stderr } = await run(...words);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^Usage: switchyard /);
    }
  });

  test('no word but its own options lets serve start', async () => {
    const word = fc
      .oneof(fc.stringMatching(/^--?[a-z][a-z-]{0,12}(=[a-z]{1,4})?$/), fc.stringMatching(/^[a-z0-9./]{1,12}$/))
      .filter((text) => !['--no-demo', '--help', '-h'].includes(text));
    await fc.assert(
      fc.asyncProperty(word, async (text) => {
        const { code, stdout, stderr } = await run('serve', text);
        expect([code, stdout]).toEqual([2, '']);
        expect(stderr).toMatch(/^switchyard: /);
      }),
      { numRuns: 8, examples: [['--demo'], ['--no-demo=true'], ['-p'], ['help']] },
    );
  });
});
