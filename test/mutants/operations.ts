import type { Mutant } from './mutant.ts';

const metrics = ['test/operations/metrics.test.ts'];
const lines = ['test/operations/access-line.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'nobody else reads a new store',
    file: 'src/store/sqlite/file.ts',
    edits: [["'wx', 0o600", "'wx', 0o644"]],
    tests: ['test/e2e/private.test.ts'],
  },
  {
    breaks: 'figures of a server that others can reach are not for everybody',
    file: 'src/process/metrics-reply.ts',
    edits: [['isLoopback(host) && ', '']],
    tests: metrics,
  },
  {
    breaks: 'nor are those of a server behind a proxy on its own machine',
    file: 'src/process/metrics-reply.ts',
    edits: [[' && !isPassedOn(arrival.req)', '']],
    tests: metrics,
  },
  {
    breaks: 'figures need metrics:read',
    file: 'src/process/metrics-reply.ts',
    edits: [["if (!allows(principal.permissions, 'metrics:read')) throw forbidden('metrics:read');", '']],
    tests: metrics,
  },
  {
    breaks: 'an operation is counted by what it is, not by what a caller names it',
    file: 'src/process/observe/visit.ts',
    edits: [['visit.operation = operation.kind', 'visit.operation = operation.name ?? operation.kind']],
    tests: metrics,
  },
  {
    breaks: 'a decision that was refused is no admitted one',
    file: 'src/nouns/decisions/decide.ts',
    edits: [['decided(decision.refusal?.code ?? null)', 'decided(null)']],
    tests: metrics,
  },
  {
    breaks: 'commits that were made durable together are counted',
    file: 'src/store/sqlite/engine.ts',
    edits: [['this.stats.onGroup?.(size)', 'undefined']],
    tests: metrics,
  },
  {
    breaks: 'an access line holds no query string',
    file: 'src/process/app.ts',
    edits: [['visitOf(req, path, requestIdOf', "visitOf(req, req.url ?? '/', requestIdOf"]],
    tests: lines,
  },
  {
    breaks: 'an access line says who asked',
    file: 'src/process/admission.ts',
    edits: [['visit.principal = principal;', '']],
    tests: lines,
  },
  {
    breaks: 'of several first starts one makes the organization',
    file: 'src/nouns/orgs/model.ts',
    edits: [["isFirst ? 'first' : null", 'isFirst ? null : null']],
    tests: ['test/operations/first-start.test.ts'],
  },
  {
    breaks: 'config check shows no secret',
    file: 'src/process/operator/config-check.ts',
    edits: [["isSecret && value !== null ? 'set, not shown' : value", 'isSecret ? value : value']],
    tests: ['test/operations/operator.test.ts'],
  },
  {
    breaks: 'what is created is located where callers reach it',
    file: 'src/process/app.ts',
    edits: [['locatedAt(publicUrl, reply)', 'reply']],
    tests: ['test/operations/public-url.test.ts'],
  },
  {
    breaks: 'a JWT for another audience opens nothing',
    file: 'src/access/oidc-verifier.ts',
    edits: [['      audience,\n', '']],
    tests: ['test/operations/oidc.test.ts'],
  },
  {
    breaks: 'a public key is no secret to sign with',
    file: 'src/access/oidc-verifier.ts',
    edits: [["'EdDSA'];", "'EdDSA', 'HS256'];"]],
    tests: ['test/operations/oidc.test.ts'],
  },
  {
    breaks: 'known keys go on while their issuer does not answer',
    file: 'src/access/oidc-verifier.ts',
    edits: [['if (last === null) throw error;', 'throw error;']],
    tests: ['test/operations/oidc.test.ts'],
  },
  {
    breaks: 'a key that is new is looked for at once',
    file: 'src/access/oidc-verifier.ts',
    edits: [['error instanceof errors.JWKSNoMatchingKey || ', '']],
    tests: ['test/operations/oidc.test.ts'],
  },
  {
    breaks: 'an email that nobody has verified names nobody',
    file: 'src/access/oidc.ts',
    edits: [['|| !isSure) return null;', ') return null;']],
    tests: ['test/operations/oidc-keys.test.ts'],
  },
  {
    breaks: 'a token that was seen before ends when it says so',
    file: 'src/access/oidc.ts',
    edits: [['if (!claimed || claimed.endsAt + SKEW_MS <= deps.now()) return null;', 'if (!claimed) return null;']],
    tests: ['test/operations/oidc.test.ts'],
  },
  {
    breaks: 'who may change members gives nobody the rights of an Admin by an email',
    file: 'src/nouns/members/repository.ts',
    edits: [['if (fold(email) !== fold(before.email)) {', 'if (false) {']],
    tests: ['test/operations/oidc.test.ts'],
  },
  {
    breaks: 'nothing is restored from a file that was changed',
    file: 'src/process/backup/file.ts',
    edits: [["end?.sha256 !== hash.digest('hex') || end.count !== count - 1", 'end === null']],
    tests: ['test/operations/backup.test.ts'],
  },
  {
    breaks: 'a restore mixes no organizations',
    file: 'src/process/backup/restore.ts',
    edits: [['    await mustHoldNoOthers(deps.store, contents, place);\n', '']],
    tests: ['test/operations/backup.test.ts'],
  },
  {
    breaks: 'keys that were changed under the same name, or have none, are found',
    file: 'src/access/oidc-verifier.ts',
    edits: [[' || error instanceof errors.JWSSignatureVerificationFailed', '']],
    tests: ['test/operations/oidc-keys.test.ts'],
  },
  {
    breaks: 'a token that names no key is tried by each',
    file: 'src/access/oidc-verifier.ts',
    edits: [['if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;', 'throw error;']],
    tests: ['test/operations/oidc-keys.test.ts'],
  },
  {
    breaks: 'what was answered before it was a request leaves a line, too',
    file: 'src/http/server.ts',
    edits: [['app.unread(Number.parseInt(status, 10))', "''"]],
    tests: lines,
  },
  {
    breaks: 'no secret that was pasted into an address is logged',
    file: 'src/process/observe/line-pieces.ts',
    edits: [["path.replace(SECRETS, '***')", 'path']],
    tests: lines,
  },
  {
    breaks: 'keys are found where the issuer has moved them to',
    file: 'src/access/oidc-verifier.ts',
    edits: [['    address = await addressOfKeys(', '    address ??= await addressOfKeys(']],
    tests: ['test/operations/oidc-keys.test.ts'],
  },
  {
    breaks: 'no member is made of an email that no door would take',
    file: 'src/access/oidc.ts',
    edits: [[' && textIssue(value, []) === null', '']],
    tests: ['test/operations/oidc.test.ts'],
  },
  {
    breaks: 'who is limited to workspaces makes no role that an issuer could name',
    file: 'src/nouns/roles/repository.ts',
    edits: [['rolesAreClaimed === true ? null : []', 'rolesAreClaimed === true ? [] : []']],
    tests: ['test/operations/oidc.test.ts'],
  },
  {
    breaks: 'a crowd that comes with a new key is taken',
    file: 'src/access/oidc-verifier.ts',
    edits: [['WAITING_MAX = 1_024', 'WAITING_MAX = 32']],
    tests: ['test/operations/oidc-keys.test.ts'],
  },
];
