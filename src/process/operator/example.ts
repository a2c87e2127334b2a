import type { Command } from 'commander';

export function example(command: Command, words: string): Command {
  return command.addHelpText('after', `\nExample:\n  $ switchyard ${words}`);
}
