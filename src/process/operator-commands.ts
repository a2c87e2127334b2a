import { type Command, InvalidArgumentError } from 'commander';
import { example } from './operator/example.ts';
import type { Env } from './setup/env.ts';

/** The operator's words on organizations, their tokens and the configuration. */
export function addOrg(program: Command, env: Env): void {
  const org = program.command('org').description("The operator's work on organizations.");
  const create = org
    .command('create')
    .summary('make an organization, its first Admin and a token')
    .description('Makes an organization, its first Admin and a token, also beside a running server.')
    .argument('<name>', 'what it is called')
    .option('--json', 'print one line of JSON, as without it: org_id, token')
    .action(async (name: string) => {
      const { createOrgCommand } = await import('./operator/orgs.ts');
      await createOrgCommand(name, env);
    });
  example(create, 'org create "Acme Corp"');
  const list = org
    .command('list')
    .summary('list the organizations')
    .description('Lists the organizations of the store.')
    .option('--json', 'print one line of JSON: organizations')
    .action(async (words: { json?: boolean }) => {
      const { listOrgsCommand } = await import('./operator/orgs.ts');
      await listOrgsCommand(words, env);
    });
  example(list, 'org list --json');
}

export function addToken(program: Command, env: Env): void {
  const token = program.command('token').description("The operator's work on tokens.");
  const create = token
    .command('create')
    .summary('make a token in an organization, for one whose Admin token is lost')
    .description(
      'Makes a token in an organization and prints it, this once; also beside a running server. The audit names the operator as its maker.',
    )
    .requiredOption('--org <id>', 'the organization (org_…)')
    .requiredOption('--role <role>', 'the name or id of its role')
    .option('--name <name>', 'what it is for', 'Made by the operator')
    .option('--json', 'print one line of JSON: org_id, token_id, token')
    .action(async (words: { org: string; role: string; name: string; json?: boolean }) => {
      const { createTokenCommand } = await import('./operator/tokens.ts');
      await createTokenCommand(words, env);
    });
  example(create, 'token create --org org_01k5m3 --role Admin');
  const list = token
    .command('list')
    .summary('list the tokens of an organization')
    .description('Lists the tokens of an organization, without their secrets, which are not stored.')
    .requiredOption('--org <id>', 'the organization (org_…)')
    .option('--json', 'print one line of JSON: org_id, tokens')
    .action(async (words: { org: string; json?: boolean }) => {
      const { listTokensCommand } = await import('./operator/tokens.ts');
      await listTokensCommand(words, env);
    });
  example(list, 'token list --org org_01k5m3');
  addRevoke(token, env);
  addRotate(token, env);
}

function addRevoke(token: Command, env: Env): void {
  const revoke = token
    .command('revoke')
    .summary('revoke a token')
    .description(
      'Revokes a token: servers refuse it within a second. It stays listed; revoking it again changes nothing.',
    )
    .argument('<token-id>', 'its id (tok_…)')
    .requiredOption('--org <id>', 'the organization (org_…)')
    .option('--json', 'print one line of JSON: org_id, token_id, revoked_at')
    .action(async (tokenId: string, words: { org: string; json?: boolean }) => {
      const { revokeTokenCommand } = await import('./operator/tokens.ts');
      await revokeTokenCommand(tokenId, words, env);
    });
  example(revoke, 'token revoke tok_01k5m4 --org org_01k5m3');
}

function addRotate(token: Command, env: Env): void {
  const rotate = token
    .command('rotate')
    .summary('give a token a new secret')
    .description('Gives a token a new secret under the same id and prints it, this once.')
    .argument('<token-id>', 'its id (tok_…)')
    .requiredOption('--org <id>', 'the organization (org_…)')
    .option('--overlap-seconds <seconds>', 'how long the old secret goes on, at most 604800', secondsOf, 0)
    .option('--json', 'print one line of JSON: org_id, token_id, token')
    .action(async (tokenId: string, words: { org: string; overlapSeconds: number; json?: boolean }) => {
      const { rotateTokenCommand } = await import('./operator/tokens.ts');
      await rotateTokenCommand(tokenId, words, env);
    });
  example(rotate, 'token rotate tok_01k5m4 --org org_01k5m3 --overlap-seconds 3600');
}

const OVERLAP_MAX_SECONDS = 604_800;

function secondsOf(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= OVERLAP_MAX_SECONDS) return Number(text);
  throw new InvalidArgumentError(`expected a whole number from 0 to ${OVERLAP_MAX_SECONDS}`);
}

export function addBackup(program: Command, env: Env): void {
  const backup = program
    .command('backup')
    .summary('save everything to a file, beside running servers')
    .description(
      'Saves all that is stored to a file, as it was at one moment, also beside running servers. The file holds the hashes of tokens and is for its owner alone.',
    )
    .argument('<file>', 'the file; one that is there is replaced once the new one is whole')
    .option('--json', 'print one line of JSON: file, documents')
    .action(async (file: string, words: { json?: boolean }) => {
      const { backupCommand } = await import('./backup/backup.ts');
      await backupCommand(file, words, env);
    });
  example(backup, 'backup switchyard.backup');
  const restore = program
    .command('restore')
    .summary('bring back what a backup holds')
    .description(
      'Brings back what a backup of either engine holds, into an empty store or one with the same organizations, which is as the backup afterwards. Stop the servers first. Nothing is restored from a file that is not whole.',
    )
    .argument('<file>', 'what "backup" has written')
    .option('--json', 'print one line of JSON: file, documents, organizations')
    .action(async (file: string, words: { json?: boolean }) => {
      const { restoreCommand } = await import('./backup/restore.ts');
      await restoreCommand(file, words, env);
    });
  example(restore, 'restore switchyard.backup');
}

export function addCheck(program: Command, env: Env): void {
  const check = program
    .command('check')
    .summary('read everything that is stored and say what is wrong')
    .description(
      'Reads everything that is stored, beside running servers, and changes nothing: documents and what is kept beside them (columns, keys, references, searched texts, totals, numbers), indexes, whether whatever a document lies in is there and lies there too, and whether an event is missing. What cannot be read is told, and the rest is read all the same. Exit 1 where something is wrong.',
    )
    .option('--json', 'print one line of JSON: ok, documents by collection, faults, found')
    .action(async (words: { json?: boolean }) => {
      const { checkCommand } = await import('./check/command.ts');
      await checkCommand(words, env);
    });
  example(check, 'check --json');
}

export function addConfig(program: Command, env: Env): void {
  const config = program.command('config').description("The operator's look at the configuration.");
  const check = config
    .command('check')
    .summary('say what a start would work with, or why it would not start')
    .description(
      'Reads the environment as a start does and says what it comes to, without secrets; exit 1 names all that is wrong. Nothing is opened or made.',
    )
    .option('--json', 'print one line of JSON: ok, settings or problems, warnings')
    .action(async (words: { json?: boolean }) => {
      const { checkConfigCommand } = await import('./operator/config-check.ts');
      await checkConfigCommand(words, env);
    });
  example(check, 'config check');
}
