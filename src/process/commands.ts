import { Command } from 'commander';
import pkg from '../../package.json' with { type: 'json' };

type Env = Record<string, string | undefined>;

/** The words of the command line. What a command does is loaded when it is asked for, so that help is quick. */
export function createProgram(env: Env): Command {
  const program = new Command('switchyard')
    .description('The open control plane for LLM platforms.')
    .version(pkg.version)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .helpCommand(false);
  addServe(program, env);
  addOrg(program, env);
  addToken(program, env);
  addCopy(program);
  addSimulate(program);
  addHelp(program);
  return example(program, 'serve --no-demo').addHelpText(
    'after',
    '\nConfiguration is by environment variables; README.md lists them.',
  );
}

function addServe(program: Command, env: Env): void {
  const serve = program
    .command('serve')
    .summary('serve the graph and the REST API (npm start)')
    .description('Serves the graph and the REST API until SIGTERM or SIGINT, then answers what was sent and ends.')
    .option('--no-demo', 'start without demo content (as DEMO=false, or NODE_ENV=production)')
    .action(async ({ demo }: { demo: boolean }) => {
      const { serve: start } = await import('./main.ts');
      await start(demo ? env : { ...env, DEMO: 'false' });
    });
  example(serve, 'serve --no-demo');
}

function addOrg(program: Command, env: Env): void {
  const org = program.command('org').description("The operator's work on organizations.");
  const create = org
    .command('create')
    .summary('make an organization, its first Admin and a token')
    .description('Makes an organization, its first Admin and a token, also beside a running server.')
    .argument('<name>', 'what it is called')
    .option('--json', 'print one line of JSON (as it does without, too)')
    .action(async (name: string) => {
      const { createOrgCommand } = await import('./org-command.ts');
      await createOrgCommand(name, env);
    });
  example(create, 'org create "Acme Corp"');
}

function addToken(program: Command, env: Env): void {
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
      const { createTokenCommand } = await import('./token-command.ts');
      await createTokenCommand(words, env);
    });
  example(create, 'token create --org org_01k5m3 --role Admin');
}

function addCopy(program: Command): void {
  const copy = program
    .command('copy')
    .summary('move everything between SQLite and MongoDB')
    .description(
      'Copies everything from one place to another and verifies it by counts and hashes. Stop the servers that write first. A place is sqlite:FILE or mongodb://….',
    )
    .requiredOption('--from <place>', 'where it is')
    .requiredOption('--to <place>', 'where it goes')
    .action(async ({ from, to }: { from: string; to: string }) => {
      const { copyCommand } = await import('./copy/command.ts');
      await copyCommand(from, to);
    });
  example(copy, 'copy --from sqlite:data/switchyard.db --to mongodb://127.0.0.1:27017/switchyard');
}

function addSimulate(program: Command): void {
  const simulate = program
    .command('simulate')
    .summary('play an outage in virtual time')
    .description('Plays outages in virtual time, with and without the breaker.')
    .argument('<scenario...>', 'YAML files such as those in simulations/')
    .action(async (files: string[]) => {
      const { simulateCommand } = await import('./simulate-command.ts');
      simulateCommand(files);
    });
  example(simulate, 'simulate simulations/down-60s-pair.yaml');
}

/** Commander's own takes one word only, and answers an unknown one with the help of all. */
function addHelp(program: Command): void {
  const help = program
    .command('help')
    .summary('show this, or the help of a command')
    .argument('[command...]', 'its words')
    .action((words: string[]) => {
      let command = program;
      for (const word of words) {
        const next = command.commands.find((one) => one.name() === word);
        if (!next) return program.error(`unknown command '${words.join(' ')}'`);
        command = next;
      }
      command.help();
    });
  example(help, 'help org create');
}

function example(command: Command, words: string): Command {
  return command.addHelpText('after', `\nExample:\n  $ switchyard ${words}`);
}
