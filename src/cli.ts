import { type Command, CommanderError } from 'commander';
import { createProgram } from './commands.ts';
import { StartRefused, UsageRefused } from './refused.ts';

/** Runs one command. Whatever stops it is one line on standard error: exit 2 when the words are wrong, else 1. */
export async function runCli(args: string[]): Promise<void> {
  const program = createProgram(process.env);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const stopped = whatStopped(error);
    if (stopped.message) process.stderr.write(`switchyard: ${stopped.message}${hint(program, args, stopped.code)}\n`);
    process.exitCode = stopped.code;
  }
}

function whatStopped(error: unknown): { message: string; code: number } {
  if (error instanceof StartRefused) return { message: error.message, code: error instanceof UsageRefused ? 2 : 1 };
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return { message: '', code: 0 };
  // Words that lack a command have been answered with the help, as the place to look.
  if (error.code === 'commander.help') return { message: '', code: 2 };
  return { message: error.message.replace(/^error: |\.$/g, '').replaceAll('\n', ' '), code: 2 };
}

/** Where the words of the command in question are written down. */
function hint(program: Command, args: string[], code: number): string {
  if (code !== 2) return '';
  const path = [program];
  for (const word of args) {
    const next = path.at(-1)!.commands.find((command) => command.name() === word);
    if (!next) break;
    path.push(next);
  }
  return `; see "${path.map((command) => command.name()).join(' ')} --help"`;
}
