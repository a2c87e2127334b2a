import { type Command, CommanderError } from 'commander';
import { unavailable as unavailableOnDisk } from '../store/sqlite/errors.ts';
import { StoreUnavailable } from '../store/store.ts';
import { StartRefused, UsageRefused } from '../words/refused.ts';
import { isOfSystem } from '../words/system-error.ts';
import { createProgram } from './commands.ts';
import { whyOf } from './operator/in-steps.ts';
import { stopNow } from './setup/signals.ts';

const LINGER_MS = 3_000;

/** Runs one command. Whatever stops it is one line on standard error: exit 2 when the words are wrong, else 1. */
export async function runCli(args: string[]): Promise<void> {
  const program = createProgram(process.env);
  watchOutput(args);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const stopped = whatStopped(error);
    if (stopped.message) process.stderr.write(`switchyard: ${stopped.message}${hint(program, args, stopped.code)}\n`);
    process.exitCode = stopped.code;
    // What cannot be closed, as a connection that broke while it was made, keeps nobody waiting for the exit.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

/** A server goes on when nobody reads what it says; of a command, what it says is the result, and where its reader has gone nobody wants more. */
function watchOutput(args: string[]): void {
  process.stderr.on('error', () => {});
  if (args[0] === 'serve') return void process.stdout.on('error', () => {});
  let isTold = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exitCode = 1;
    if (error.code === 'EPIPE') stopNow();
    if (!isTold) process.stderr.write(`switchyard: cannot write to standard output: ${error.message}\n`);
    isTold = true;
  });
}

function whatStopped(thrown: unknown): { message: string; code: number } {
  const error = unavailableOnDisk(thrown);
  if (error instanceof StartRefused) return { message: error.message, code: error instanceof UsageRefused ? 2 : 1 };
  if (error instanceof StoreUnavailable) return { message: tryAgain(error), code: 1 };
  if (isOfSystem(error)) return { message: error.message.replaceAll('\n', ' '), code: 1 };
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return { message: '', code: 0 };
  // Words that lack a command have been answered with the help, as the place to look.
  if (error.code === 'commander.help') return { message: '', code: 2 };
  return { message: error.message.replace(/^error: |\.$/g, '').replaceAll('\n', ' '), code: 2 };
}

function tryAgain(error: StoreUnavailable): string {
  return `${whyOf(error)}; ${error.maybe ? 'whether it was done is not known, look before you repeat it' : 'nothing was done, try again'}`;
}

/** Where the words of the command in question are written down. */
function hint(program: Command, args: string[], code: number): string {
  if (code !== 2) return '';
  const names = [program.name()];
  let at: Command = program;
  for (const word of args) {
    const next = at.commands.find((command) => command.name() === word);
    if (!next) break;
    names.push(next.name());
    at = next;
  }
  return `; see "${names.join(' ')} --help"`;
}
