import { styleText } from 'node:util';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function isColoured(): boolean {
  return process.stdout.isTTY && !process.env.NO_COLOR;
}

/** Columns for a person; their heads stand out on a terminal alone, and not where NO_COLOR is set. */
export function printTable(head: string[], rows: string[][]): void {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const lineOf = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  process.stdout.write(`${isColoured() ? styleText('bold', lineOf(head), { validateStream: false }) : lineOf(head)}\n`);
  for (const row of rows) process.stdout.write(`${lineOf(row)}\n`);
}
