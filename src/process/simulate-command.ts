import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Scenario, scenarioSchema } from '../routing/scenario.ts';
import { type Played, simulate } from '../routing/simulate.ts';
import { expected } from '../words/expected.ts';
import { StartRefused } from '../words/refused.ts';
import { linesOf, printJson } from './operator/print.ts';
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
  const [first, ...others] = played;
  if (first && others.length === 0) process.stdout.write(timelineOf(first.withBreaker));
  process.stdout.write('Each figure with the breaker / without it.\n');
  const rows = played.map(({ scenario, withBreaker, without }) => rowOf(scenario, withBreaker, without));
  const head = ['scenario', 'succeeded', 'attempts wasted', 'p95', 'detected', 'recovered'];
  const pad = (cell: string, width: number, column: number) =>
    column === 0 ? cell.padEnd(width) : cell.padStart(width);
  for (const line of linesOf([head, ...rows], pad)) process.stdout.write(`${line}\n`);
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
  const { path, message } = expected(result.error.issues[0], 'issue');
  throw new StartRefused(`${file}: ${path.join('.') || 'the scenario'}: ${message}`);
}

function parsed(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    throw new StartRefused(`${file}: ${line.replace(/:$/, '')}`);
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
