import { fstatSync, readSync, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { styleText } from 'node:util';
import { StartRefused } from '../../words/refused.ts';

const STDOUT = 1;

/** What is shown once is not made where nobody can see it. */
export function mustBeShown(what: string): void {
  if (leadsNowhere())
    throw new StartRefused(`standard output is closed or ignored, and ${what} is shown there alone; nothing was done`);
}

/**
 * In the place of an output that is closed Node opens the null device, to read and write, and so do programs that ignore what
 * those that they start say. Who throws an output away himself (`> /dev/null`) opens it to write, and means it.
 */
function leadsNowhere(): boolean {
  try {
    const [out, nowhere] = [fstatSync(STDOUT), statSync(devNull)];
    if (!out.isCharacterDevice() || out.rdev !== nowhere.rdev) return false;
    readSync(STDOUT, Buffer.alloc(1), 0, 1, null);
    return true;
  } catch {
    return false;
  }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Not where a pipe is told by FORCE_COLOR to take them. */
function isColoured(): boolean {
  return process.stdout.isTTY && process.stdout.getColorDepth() > 1;
}

/** Columns for a person; their heads stand out on a terminal alone, and not where NO_COLOR is set. */
export function printTable(head: string[], rows: string[][]): void {
  const [first = '', ...others] = linesOf([head, ...rows]);
  process.stdout.write(`${isColoured() ? styleText('bold', first, { validateStream: false }) : first}\n`);
  for (const line of others) process.stdout.write(`${line}\n`);
}

/** Rows with their cells below one another. */
export function linesOf(
  rows: readonly (readonly string[])[],
  pad: (cell: string, width: number, column: number) => string = (cell, width) => cell.padEnd(width),
): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column))
      .join('  ')
      .trimEnd(),
  );
}
