import type { Command } from 'commander';

export type Env = Record<string, string | undefined>;

export function example(command: Command, words: string): Command {
  return command.addHelpText('after', `\nExample:\n  $ switchyard ${words}`);
}
