import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Harness, startHarness } from '../harness.ts';
import { required } from '../required.ts';

/** The files that an operator gives to Prometheus and Grafana, held against what a server tells. */
let harness: Harness;
/** Labels by metric, and what each metric says of itself. */
let told: Map<string, Set<string>>;
let described: Set<string>;
beforeAll(async () => {
  harness = await startHarness('sqlite', { METRICS: true });
  const tenant = await harness.org();
  await tenant.rest('GET', '/v1/me');
  await tenant.graphql('{nothing}');
  const { text } = await harness.client('').rest('GET', '/metrics');
  told = new Map();
  for (const [, name, labels = ''] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? \S+$/gm))
    told.set(
      required(name),
      new Set([
        ...(told.get(required(name)) ?? []),
        ...[...labels.matchAll(/(\w+)="/g)].map(([, one]) => required(one)),
      ]),
    );
  described = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => required(name)));
});
afterAll(() => harness.close());

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const yaml = (file: string) => parse(readFileSync(file, 'utf8'));

interface Panel {
  title: string;
  description: string;
  targets: { expr: string }[];
}
interface Alert {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

/** Of Prometheus itself, or given to each target by it. */
const ITS_OWN = new Set(['up', 'job', 'instance', 'le']);

function expectKnown(where: string, expression: string): void {
  const names = [...expression.matchAll(/\b(switchyard_\w+|process_\w+|nodejs_\w+)\b/g)].map(([name]) => name);
  expect([where, names.length > 0 || expression.includes('up{')]).toEqual([where, true]);
  for (const name of names) {
    const family = name.replace(/_(bucket|sum|count)$/, '');
    expect([where, name, described.has(family) || described.has(name)]).toEqual([where, name, true]);
  }
  const used = [...expression.matchAll(/(\w+)=~?"|by \(([\w, ]+)\)/g)].flatMap(([, one, list]) =>
    one === undefined ? required(list).split(', ') : [one],
  );
  // What nobody has done yet has no labels yet.
  if (!names.every((name) => told.has(name))) return;
  const known = new Set([...names.flatMap((name) => [...required(told.get(name))]), ...ITS_OWN]);
  for (const label of used) expect([where, label, known.has(label)]).toEqual([where, label, true]);
}

test('every panel and alert asks for what is there, by labels that are there, and says what it is', () => {
  const { panels } = json('deploy/grafana/switchyard.json') as { panels: Panel[] };
  for (const { title, description, targets } of panels) {
    expect([title, description.length > 10]).toEqual([title, true]);
    for (const { expr } of targets) expectKnown(title, expr);
  }
  const { groups } = yaml('deploy/prometheus/alerts.yaml') as { groups: { rules: Alert[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  for (const { alert, expr, annotations, labels, for: time } of rules) {
    expectKnown(alert, expr);
    expect([alert, annotations.summary, annotations.description, labels.severity, time]).toEqual([
      alert,
      expect.stringMatching(/\S/),
      expect.stringMatching(/\S/),
      expect.stringMatching(/^(critical|warning)$/),
      expect.stringMatching(/^\d+[mh]$/),
    ]);
  }
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

test('every metric of ours stands on the dashboard', () => {
  const text = readFileSync('deploy/grafana/switchyard.json', 'utf8');
  const ours = [...described].filter((name) => name.startsWith('switchyard_'));
  expect(ours.length).toBeGreaterThan(10);
  for (const name of ours) expect([name, text.includes(name)]).toEqual([name, true]);
});
