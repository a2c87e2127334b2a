import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Scenario, scenarioSchema } from '../routing/scenario.ts';
import { type Played, simulate } from '../routing/simulate.ts';
import { StartRefused } from '../words/refused.ts';
import { printJson } from './operator/print.ts';
import { createProgress } from './operator/progress.ts';

/** `switchyard simulate outage.yaml …`: the state timeline of a scenario, and how callers fared with and without the breaker. */
export function simulateCommand(files: string[], { json }: { json?: boolean }): void {
  const scenarios = files.map(readScenario);
  const progress = createProgress('playing', scenarios.length, { unit: 'scenarios' });
  const played = scenarios.map((scenario) => {
    const both = simulate(scenario);
    progress.add(1);
    return { scenario, ...both };
  });
  progress.end();
  if (json) return printJson({ scenarios: played.map(toldOf) });
  if (played.length === 1) process.stdout.write(timelineOf(played[0]!.withBreaker));
  process.stdout.write('Each figure with the breaker / without it.\n');
  const rows = played.map(({ scenario, withBreaker, without }) => rowOf(scenario, withBreaker, without));
  process.stdout.write(
    tableOf([['scenario', 'succeeded', 'attempts wasted', 'p95', 'detected', 'recovered'], ...rows]),
  );
}

function toldOf({ scenario, withBreaker, without }: { scenario: Scenario; withBreaker: Played; without: Played }) {
  const figures = ({ p95Ms, detectedSeconds, recoveredSeconds, timeline, ...counts }: Played) => ({
    ...counts,
    p95_ms: p95Ms,
    detected_seconds: detectedSeconds,
    recovered_seconds: recoveredSeconds,
    timeline: timeline.map(({ atMs, ...change }) => ({ at_ms: atMs, ...change })),
  });
  return { name: scenario.name, with_breaker: figures(withBreaker), without_breaker: figures(without) };
}

function readScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartRefused(`cannot read ${file}: ${(error as Error).message}`);
  }
  const result = scenarioSchema.safeParse(parsed(file, text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new StartRefused(`${file}: ${issue!.path.join('.') || 'the scenario'}: ${issue!.message}`);
}

function parsed(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new StartRefused(`${file}: ${(error as Error).message.split('\n')[0]!.replace(/:$/, '')}`);
  }
}

function timelineOf({ timeline }: Played): string {
  return timeline
    .map(({ atMs, target, state }) => `${(atMs / 1000).toFixed(1).padStart(7)} s  ${target.padEnd(20)} ${state}\n`)
    .join('');
}

function rowOf({ name }: Scenario, withBreaker: Played, without: Played): string[] {
  const both = (tell: (played: Played) => string) => `${tell(withBreaker)} / ${tell(without)}`;
  const seconds = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} s`);
  return [
    name,
    both(({ succeeded, requests }) => `${((succeeded / requests) * 100).toFixed(1)} %`),
    both(({ wasted }) => String(wasted)),
    both(({ p95Ms }) => seconds(p95Ms / 1000)),
    seconds(withBreaker.detectedSeconds),
    seconds(withBreaker.recoveredSeconds),
  ];
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
