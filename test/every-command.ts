import type { Command } from 'commander';
import { createProgram } from '../src/process/commands.ts';

export interface Found {
  command: Command;
  /** The words that lead to it. */
  path: string[];
}

/** Every command; those that only group others too. */
export function everyCommand(command: Command = createProgram({}), path: string[] = []): Found[] {
  return [
    { command, path },
    ...command.commands.flatMap((child) => everyCommand(child as Command, [...path, child.name()])),
  ];
}

/** Those that do something. */
export const leaves: Found[] = everyCommand().filter(({ command }) => command.commands.length === 0);
