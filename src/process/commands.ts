import { Argument, Command, InvalidArgumentError } from 'commander';
import pkg from '../../package.json' with { type: 'json' };
import { addJobs, addWorker } from './long-work/commands.ts';
import { example } from './operator/example.ts';
import { addBackup, addCheck, addConfig, addOrg, addToken } from './operator-commands.ts';
import type { Env } from './setup/env.ts';
import { addWebhooks } from './webhooks/commands.ts';

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
  addConfig(program, env);
  addBackup(program, env);
  addCheck(program, env);
  addCopy(program);
  addSimulate(program);
  addWorker(program, env);
  addJobs(program, env);
  addWebhooks(program, env);
  addCompletion(program);
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
    .description(
      'Serves the graph and the REST API until SIGTERM, SIGINT or SIGHUP, then answers what was sent and ends.',
    )
    .option('--no-demo', 'start without demo content (as DEMO=false, or NODE_ENV=production)')
    .option('--workers <count>', 'how many processes serve on the one port (as WORKERS)', workersOf)
    .action(async ({ demo, workers }: { demo: boolean; workers?: string }) => {
      const { serve: start } = await import('./serve.ts');
      await start({ ...env, ...(demo ? {} : { DEMO: 'false' }), ...(workers ? { WORKERS: workers } : {}) });
    });
  example(serve, 'serve --no-demo');
}

const WORKERS_MAX = 256;

function workersOf(text: string): string {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= WORKERS_MAX) return text;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${WORKERS_MAX}`);
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
    .option('--json', 'print one line of JSON: documents, collections')
    .action(async (words: { from: string; to: string; json?: boolean }) => {
      const { copyCommand } = await import('./copy/command.ts');
      await copyCommand(words);
    });
  example(copy, 'copy --from sqlite:data/switchyard.db --to mongodb://127.0.0.1:27017/switchyard');
}

function addSimulate(program: Command): void {
  const simulate = program
    .command('simulate')
    .summary('play an outage in virtual time')
    .description('Plays outages in virtual time, with and without the breaker.')
    .argument('<scenario...>', 'YAML files such as those in simulations/')
    .option('--json', 'print one line of JSON: scenarios, each with what came of it with_breaker and without_breaker')
    .action(async (files: string[], words: { json?: boolean }) => {
      const { simulateCommand } = await import('./simulate-command.ts');
      simulateCommand(files, words);
    });
  example(simulate, 'simulate simulations/down-60s-pair.yaml');
}

function addCompletion(program: Command): void {
  const completion = program
    .command('completion')
    .summary('print the script by which a shell completes these words')
    .description('Prints the script by which a shell completes the words of this program.')
    .addArgument(new Argument('<shell>', 'which one').choices(['bash', 'zsh', 'fish']))
    .option('--json', 'print one line of JSON: shell, script')
    .action(async (shell: 'bash' | 'zsh' | 'fish', { json }: { json?: boolean }) => {
      const { completionOf } = await import('./operator/completion.ts');
      const script = completionOf(program, shell);
      process.stdout.write(json ? `${JSON.stringify({ shell, script })}\n` : script);
    });
  example(completion, 'completion bash > /etc/bash_completion.d/switchyard');
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
