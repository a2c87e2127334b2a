import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { StartRefused } from '../refused.ts';
import { type Scenario, type Simulated, scenarioSchema, simulate } from './simulate.ts';

/** `switchyard simulate outage.yaml …`: the state timeline of each scenario and its share of failed requests. */
export function simulateCommand(files: string[]): void {
  const rows = files.map((file) => {
    const scenario = readScenario(file);
    const result = simulate(scenario);
    if (files.length === 1) process.stdout.write(timelineOf(result));
    return rowOf(scenario, result);
  });
  process.stdout.write(tableOf([['scenario', 'requests', 'failed with breaker', 'failed without'], ...rows]));
}

function readScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartRefused(`cannot read ${file}: ${(error as Error).message}`);
  }
  const result = scenarioSchema.safeParse(parse(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new StartRefused(`${file}: ${issue!.path.join('.') || 'the scenario'}: ${issue!.message}`);
}

function timelineOf({ timeline }: Simulated): string {
  return timeline
    .map(({ atMs, target, state }) => `${(atMs / 1000).toFixed(1).padStart(7)} s  ${target.padEnd(20)} ${state}\n`)
    .join('');
}

function rowOf({ name }: Scenario, { requests, failed, failedWithoutBreaker }: Simulated): string[] {
  const share = (count: number) => `${((count / requests) * 100).toFixed(1)} %`;
  return [name, String(requests), share(failed), share(failedWithoutBreaker)];
}

function tableOf(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')}\n`,
    )
    .join('');
}
