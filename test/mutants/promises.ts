import type { Mutant } from './mutant.ts';

const SQLITE = 'src/store/sqlite/engine.ts';
const COMMITS = 'src/store/sqlite/commits.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'a log without its database is not thrown away by a start',
    file: SQLITE,
    edits: [['    mustHaveItsDatabase(options.file);\n', '']],
    tests: ['test/store/durability.test.ts'],
  },
  {
    breaks: 'a write is acknowledged after its commit',
    file: COMMITS,
    edits: [
      ['this.#finish();\n      if (group', 'if (group'],
      ['return settlements;\n    } finally {\n      this.#end();', 'return settlements;\n    } finally {'],
      [
        'for (const settle of settlements) settle();\n',
        'for (const settle of settlements) settle();\n        await sleep(20);\n        this.#finish();\n        this.#end();\n',
      ],
    ],
    tests: ['test/e2e/crash.test.ts'],
  },
  {
    breaks: 'changes that belong together are one commit',
    file: COMMITS,
    edits: [
      [
        'return new Promise((resolve, reject) => {\n      this.#waiting.push({ changes, deadline, resolve, reject });',
        'return new Promise(async (resolve, reject) => {\n      if (changes.length > 1) {\n        const results = [];\n        try {\n          for (const change of changes) {\n            results.push(...(await this.add([change], deadline)).results);\n            await sleep(5);\n          }\n          resolve({ results });\n        } catch (error) {\n          reject(error);\n        }\n        return;\n      }\n      this.#waiting.push({ changes, deadline, resolve, reject });',
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
    file: 'src/resource/noun.ts',
    edits: [['if (field && !principal.workspaceIds?.includes(idIn(doc, field))) return false;', '']],
    tests: ['test/rest/tenancy.test.ts'],
  },
  {
    breaks: 'a stale If-Match changes nothing',
    file: 'src/resource/version.ts',
    edits: [['if (stale) throw', 'if (stale && false) throw']],
    tests: ['test/rest/resources.test.ts'],
  },
  {
    breaks: 'a revoked token is refused',
    file: 'src/access/authenticate.ts',
    edits: [[' || token.revokedAt !== null)', ')']],
    tests: ['test/rest/identity.test.ts'],
  },
  {
    breaks: 'no more than max_concurrency run at once',
    file: 'src/routing/limits.ts',
    edits: [['running < limits.concurrency', 'running <= limits.concurrency']],
    tests: ['test/routing-rules.test.ts'],
  },
  {
    breaks: 'a quota is never passed',
    file: 'src/routing/limits.ts',
    edits: [['before < limit && before + amount <= limit', 'before <= limit']],
    tests: ['test/decisions.test.ts'],
  },
  {
    breaks: 'a policy that is made beside more than a thousand reads none of them',
    file: 'src/nouns/router-policies/linter.ts',
    edits: [['count > COMPARED_MAX ? { ranked: [] } : await settings.policies()', 'await settings.policies()']],
    tests: ['test/nouns/router-policies.test.ts'],
  },
];
