import { styleText } from 'node:util';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function isColoured(): boolean {
  return process.stdout.isTTY && !process.env.NO_COLOR;
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
