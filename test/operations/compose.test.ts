import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configIssues, configSchema, readConfig } from '../../src/process/setup/config.ts';

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  profiles?: string[];
  ports: string[];
  environment?: Record<string, string>;
  volumes: string[];
  read_only?: boolean;
  cap_drop?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

const read = (file: string) => parse(readFileSync(file, 'utf8'));
const { services, volumes } = read('compose.yaml') as {
  services: Record<'mongo' | 'switchyard' | 'prometheus' | 'grafana', Service>;
  volumes: Record<string, unknown>;
};
const { mongo, switchyard, prometheus, grafana } = services;
/** What of this folder a service is given, and where. */
const mountsOf = ({ volumes: given }: Service) =>
  given.filter((one) => one.startsWith('./')).map((one) => one.split(':') as [from: string, to: string, 'ro']);

describe('compose.yaml', () => {
  test('runs the image of this folder beside a replica set, and on a read-only root', () => {
    const { environment = {}, build, read_only, cap_drop, depends_on, ports } = switchyard;
    expect([build, read_only, cap_drop]).toEqual(['.', true, ['ALL']]);
    expect(configIssues(environment)).toEqual([]);
    expect(Object.keys(environment).filter((name) => !Object.hasOwn(configSchema.shape, name))).toEqual([]);
    const { PORT, MONGODB_URI = '' } = readConfig(environment);
    expect(ports).toEqual([`127.0.0.1:${PORT}:${PORT}`]);
    const { host, searchParams } = new URL(MONGODB_URI);
    expect([host, depends_on]).toEqual(['mongo:27017', { mongo: { condition: 'service_healthy' } }]);
    const name = searchParams.get('replicaSet');
    expect(mongo.command).toContain(name);
    expect(mongo.healthcheck?.test.join(' ')).toContain(`_id: '${name}', members: [{ _id: 0, host: '${host}' }]`);
  });

  test('runs no more than that without a profile; nothing is reached from elsewhere, and what it keeps has a volume', () => {
    const always = Object.entries(services).filter(([, { profiles }]) => profiles === undefined);
    expect(always.map(([name]) => name)).toEqual(['mongo', 'switchyard']);
    expect([prometheus.profiles, grafana.profiles]).toEqual([['watch'], ['watch']]);
    for (const { ports } of Object.values(services))
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
    const kept = Object.values(services).flatMap((one) => one.volumes.filter((volume) => !volume.startsWith('./')));
    expect(kept.map((volume) => volume.split(':')[0])).toEqual(Object.keys(volumes));
  });

  test('gives Prometheus and Grafana the files that are here, and these name each other', () => {
    const mounts = [...mountsOf(prometheus), ...mountsOf(grafana)];
    // The token is the operator's to make.
    const missing = mounts.map(([from]) => from).filter((from) => !existsSync(from));
    expect(missing).toEqual(['./metrics-token']);
    for (const [, , mode] of mounts) expect(mode).toBe('ro');
    const { rule_files, scrape_configs } = read('deploy/prometheus/prometheus.yaml');
    const inside = mountsOf(prometheus).map(([, to]) => to);
    expect(inside).toContain(`/etc/prometheus/${rule_files[0].split('/').at(-1)}`);
    expect(inside).toContain(scrape_configs[0].authorization.credentials_file);
    expect(scrape_configs[0].static_configs[0].targets).toEqual(['switchyard:4000']);
    const [source] = read('deploy/grafana/provisioning/datasources/prometheus.yaml').datasources;
    expect(source.url).toBe('http://prometheus:9090');
    const [provider] = read('deploy/grafana/provisioning/dashboards/switchyard.yaml').providers;
    expect(mountsOf(grafana).map(([, to]) => to)).toContain(provider.options.path);
  });
});
