import { copyCommand } from './copy/command.ts';
import { serve } from './main.ts';
import { createOrgCommand } from './orgs/command.ts';
import { StartRefused } from './refused.ts';
import { simulateCommand } from './router-policies/simulate-command.ts';

const USAGE = `Usage: switchyard COMMAND

  serve [--no-demo]          serve the graph and the REST API (npm start)
  org create NAME [--json]   make an organization, its first Admin and a token
  copy --from A --to B       move everything between sqlite:FILE and mongodb://…
  simulate FILE…             play an outage in virtual time, with and without the breaker
  help                       show this
`;

/** Runs one command; whatever stops it is one line on standard error, exit 1. */
export async function runCli(args: string[]): Promise<void> {
  try {
    await run(args);
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    process.stderr.write(`switchyard: ${error.message}\n`);
    process.exitCode = 1;
  }
}

async function run(args: string[]): Promise<void> {
  const [command = 'help', ...rest] = args;
  if (rest.some((word) => word === '--help' || word === '-h')) return void process.stdout.write(USAGE);
  if (command === 'serve') {
    const unknown = rest.find((word) => word !== '--no-demo');
    if (unknown !== undefined)
      throw new StartRefused(`serve takes no ${JSON.stringify(unknown)}, only --no-demo; nothing was started`);
    return serve({ ...process.env, ...(rest.includes('--no-demo') ? { DEMO: 'false' } : {}) });
  }
  if (command === 'org' && rest[0] === 'create') return createOrgCommand(rest.slice(1), process.env);
  if (command === 'copy') return copyCommand(rest);
  if (command === 'simulate') return simulateCommand(rest);
  if (['help', '--help', '-h'].includes(command)) return void process.stdout.write(USAGE);
  throw new StartRefused(`there is no command ${JSON.stringify(args.join(' '))}; "switchyard help" lists them`);
}
