import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Can the tests fail? `npm run mutants` breaks one promise after the other in a copy of the sources,
 * runs the tests that should notice, and ends with 1 when one of them did not.
 */
interface Mutant {
  breaks: string;
  file: string;
  /** Texts of the file, each of them there exactly once, and what takes their places. */
  edits: [string, string][];
  tests: string[];
}

const SQLITE = 'src/store/sqlite/engine.ts';

const mutants: Mutant[] = [
  {
    breaks: 'a write is acknowledged after its commit',
    file: SQLITE,
    edits: [
      ["this.#db.exec('COMMIT');\n    this.#ownCommits", 'this.#ownCommits'],
      [
        'for (const settle of this.#runGroup(group)) settle();\n',
        "for (const settle of this.#runGroup(group)) settle();\n        await sleep(20);\n        this.#db.exec('COMMIT');\n",
      ],
    ],
    tests: ['test/e2e/crash.test.ts'],
  },
  {
    breaks: 'changes that belong together are one commit',
    file: SQLITE,
    edits: [
      [
        'return new Promise((resolve, reject) => {\n      this.#waiting.push({ changes, resolve, reject });',
        'return new Promise(async (resolve, reject) => {\n      if (changes.length > 1) {\n        const results = [];\n        try {\n          for (const change of changes) {\n            results.push(...(await this.commit([change])).results);\n            await sleep(5);\n          }\n          resolve({ results });\n        } catch (error) {\n          reject(error);\n        }\n        return;\n      }\n      this.#waiting.push({ changes, resolve, reject });',
      ],
    ],
    tests: ['test/e2e/crash.test.ts'],
  },
  {
    breaks: 'every commit is synced to the disk',
    file: SQLITE,
    edits: [['PRAGMA synchronous = FULL', 'PRAGMA synchronous = NORMAL']],
    tests: ['test/store/durability.test.ts'],
  },
  {
    breaks: 'an org of others is absent',
    file: 'src/graphql/permission-plugin.ts',
    edits: [
      [
        "orgId !== principal.orgId) throw notFound('organization', orgId)",
        "orgId === '') throw notFound('organization', orgId)",
      ],
    ],
    tests: ['test/rest/tenancy.test.ts'],
  },
  {
    breaks: 'a token limited to workspaces finds all others absent',
    file: 'src/nouns.ts',
    edits: [['if (!principal.workspaceIds.includes(workspaceId as string)) return false;', '']],
    tests: ['test/rest/tenancy.test.ts'],
  },
  {
    breaks: 'a stale If-Match changes nothing',
    file: 'src/etag.ts',
    edits: [['if (stale) throw', 'if (stale && false) throw']],
    tests: ['test/rest/resources.test.ts'],
  },
  {
    breaks: 'a revoked token is refused',
    file: 'src/auth/authenticate.ts',
    edits: [['token && token.revokedAt === null ?', 'token ?']],
    tests: ['test/rest/identity.test.ts'],
  },
  {
    breaks: 'no more than max_concurrency run at once',
    file: 'src/decisions/limits.ts',
    edits: [['running < limits.concurrency', 'running <= limits.concurrency']],
    tests: ['test/routing-rules.test.ts'],
  },
  {
    breaks: 'a quota is never passed',
    file: 'src/decisions/limits.ts',
    edits: [['before < limit && before + amount <= limit', 'before <= limit']],
    tests: ['test/decisions.test.ts'],
  },
];

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-mutants-'));
  for (const name of ['src', 'bin', 'test', 'simulations', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  const survivors = mutants.filter((mutant) => {
    const caught = isCaught(mutant, folder);
    process.stdout.write(`${caught ? 'caught  ' : 'SURVIVED'}  ${mutant.breaks}\n`);
    return !caught;
  });
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

function isCaught({ file, edits, tests }: Mutant, folder: string): boolean {
  const path = join(folder, file);
  const original = readFileSync(path, 'utf8');
  const broken = edits.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`${file} does not hold exactly once: ${from}`);
    return text.replace(from, () => to);
  }, original);
  writeFileSync(path, broken);
  const run = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...tests], {
    cwd: folder,
    encoding: 'utf8',
  });
  writeFileSync(path, original);
  return run.status !== 0 && /[1-9]\d* failed/.test(run.stdout);
}

main();
