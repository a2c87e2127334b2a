import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PATIENCE_MS } from '../harness.ts';
import { type Collector, startCollector } from '../operations/collector.ts';
import { required } from '../required.ts';
import { type Running, startServer } from './process.ts';

/** Says which modules of OpenTelemetry are loaded, by `import` or by `require`. */
const TELLING = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) {
  if (url.includes('@opentelemetry')) process.stderr.write('loaded ' + url + '\\n');
  return next(url, context);
} });`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(TELLING)}`;

let folder: string;
let collector: Collector;
let server: Running;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-tracing-'));
  collector = await startCollector();
});
afterEach(async () => {
  server.child.kill('SIGKILL');
  await server.exit;
  await collector.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (env: Record<string, string>, args: string[] = []) => {
  server = await startServer({ DATA_DIR: folder, NODE_OPTIONS, ...env }, ['serve', '--no-demo', ...args]);
};
/** By a connection of its own, which any worker may take. */
const ask = (path: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    get(server.url + path, { agent: false }, (res) => {
      res.resume();
      res.on('end', () => resolve(res.statusCode));
    }).on('error', reject);
  });
const stop = async () => {
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);
};

test.each([
  ['no endpoint', () => ({})],
  ['OTEL_SDK_DISABLED', () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' })],
  ['OTEL_TRACES_EXPORTER=none', () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_EXPORTER: 'none' })],
])('with %s nothing of it is loaded', async (_, env) => {
  // Prometheus' client brings OpenTelemetry's API itself.
  await start({ METRICS: 'off', ...env() });
  expect(await ask('/health/ready')).toBe(200);
  await stop();
  expect(server.stderr()).not.toContain('loaded ');
  expect(collector.calls).toEqual([]);
});

test('what is not sent yet goes with the shutdown, as protobuf where nothing else is said', async () => {
  // A batch that would come by itself would come long after the test.
  await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/base/`, OTEL_BSP_SCHEDULE_DELAY: '600000' });
  expect(server.stderr()).toContain('loaded ');
  expect(await ask('/health/live')).toBe(200);
  expect(collector.calls).toEqual([]);
  await stop();
  expect(collector.calls).toMatchObject([{ path: '/base/v1/traces', type: 'application/x-protobuf' }]);
  expect(required(collector.calls[0]).bytes).toBeGreaterThan(100);
});

test('headers may lie in a file, and those for traces alone take their place', async () => {
  const [all, own] = [join(folder, 'all'), join(folder, 'own')];
  writeFileSync(all, 'authorization=Bearer%20of-all\n');
  const files = { OTEL_EXPORTER_OTLP_HEADERS_FILE: all, OTEL_BSP_SCHEDULE_DELAY: '20' };
  await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...files });
  await ask('/health/live');
  await stop();
  expect(collector.calls[0]?.authorization).toBe('Bearer of-all');
  collector.calls = [];
  writeFileSync(own, 'authorization=Bearer%20of-traces\n');
  await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...files, OTEL_EXPORTER_OTLP_TRACES_HEADERS_FILE: own });
  await ask('/health/live');
  await stop();
  expect(collector.calls[0]?.authorization).toBe('Bearer of-traces');
});

test('a collector that does not answer does not hold a shutdown', async () => {
  collector.status = 0;
  await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_TIMEOUT: '600000' });
  expect(await ask('/health/live')).toBe(200);
  await stop();
  expect(collector.calls).toHaveLength(1);
});

test('every worker traces', async () => {
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/traces`, OTEL_BSP_SCHEDULE_DELAY: '20' };
  await start({ ...env, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' }, ['--workers', '2']);
  const instances = () => new Set(collector.spans.map(({ resource }) => resource['service.instance.id']));
  await vi.waitFor(
    async () => {
      await ask('/health/live');
      expect(instances().size).toBe(2);
    },
    { timeout: PATIENCE_MS, interval: 20 },
  );
  expect(required(collector.calls[0]).path).toBe('/traces');
  await stop();
});
