import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import pkg from '../../package.json' with { type: 'json' };
import { configIssues, configSchema, SECRETS } from '../../src/process/setup/config.ts';
import { startHarness } from '../harness.ts';
import { CHART, hasHelm, helm } from '../helm.ts';
import { required } from '../required.ts';

const read = (file: string) => readFileSync(join(CHART, file), 'utf8');
const values = parse(read('values.yaml'));
const isValid = new Ajv({ strict: false }).compile(JSON.parse(read('values.schema.json')));

describe('the values of the chart', () => {
  test('are what their schema says, and the version is the program’s', () => {
    expect([isValid(values), isValid.errors]).toEqual([true, null]);
    expect(parse(read('Chart.yaml'))).toMatchObject({ appVersion: pkg.version });
  });

  test('are each used by a template, which uses no others', () => {
    const templates = readdirSync(join(CHART, 'templates')).map((name) => read(`templates/${name}`));
    const used = new Set(
      templates.flatMap((text) => [...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path]) => required(path))),
    );
    const isThere = (path: string) =>
      path.startsWith('config.')
        ? Object.hasOwn(configSchema.shape, path.slice('config.'.length))
        : path.split('.').reduce((at, name) => at?.[name], values) !== undefined;
    expect([...used].filter((path) => !isThere(path))).toEqual([]);
    const text = templates.join('');
    const leaves = Object.entries(values).flatMap(([name, value]) =>
      value && !Array.isArray(value) && typeof value === 'object' && Object.keys(value).length > 0 && !used.has(name)
        ? Object.keys(value).map((key) => `${name}.${key}`)
        : [name],
    );
    expect(leaves.filter((path) => !used.has(path) && !text.includes(`.${path.split('.').at(-1)} `))).toEqual([]);
  });

  test('refuse whatever is misspelt, at every depth, and a secret among the configuration', () => {
    const wrong = [
      ...Object.entries(values).flatMap(([name, value]) => [
        { ...values, [`${name}s`]: value },
        { ...values, [name]: 7.5 },
      ]),
      ...SECRETS.map((name) => ({ ...values, config: { ...values.config, [name]: 'given' } })),
      { ...values, image: { ...values.image, digset: 'x' } },
      { ...values, secretFiles: [{ name: 'KEY', secretName: 's' }] },
      { ...values, secretFiles: [{ name: 'MONGODB_URI', secretName: 's', key: 'k' }] },
      { ...values, ingress: { ...values.ingress, hosts: [{ host: 'a', path: 'b' }] } },
    ];
    for (const one of wrong) expect([JSON.stringify(one), isValid(one)]).toEqual([JSON.stringify(one), false]);
  });
});

interface Container {
  env: { name: string; value: string }[];
  volumeMounts: { name: string; mountPath: string }[];
  securityContext: object;
  livenessProbe: { httpGet: { path: string } };
  readinessProbe: { httpGet: { path: string } };
  startupProbe: { httpGet: { path: string } };
}
interface Pod {
  metadata: { labels: Record<string, string> };
  spec: {
    containers: [Container];
    automountServiceAccountToken: boolean;
    terminationGracePeriodSeconds: number;
    securityContext: object;
    volumes: { name: string }[];
  };
}
interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown> & { template: Pod; selector: object; replicas?: number };
}

const MONGODB = { mongodb: { existingSecret: 'mongodb' } };
const EVERYTHING = {
  ...MONGODB,
  replicaCount: 3,
  imagePullSecrets: [{ name: 'registry' }],
  config: {
    PUBLIC_URL: 'https://example.com/switchyard',
    METRICS: true,
    HEALTH_CHECK_SECONDS: 30,
    SHUTDOWN_SECONDS: 40,
  },
  secretFiles: [{ name: 'OPENAI_API_KEY', secretName: 'providers', key: 'openai' }],
  init: { organization: 'Acme Corp', existingSecret: 'admin' },
  extraEnv: [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://collector:4318' }],
  serviceAccount: { annotations: { team: 'platform' } },
  podAnnotations: { team: 'platform' },
  podLabels: { team: 'platform' },
  service: { annotations: { team: 'platform' } },
  ingress: {
    enabled: true,
    className: 'nginx',
    annotations: { team: 'platform' },
    hosts: [{ host: 'example.com', path: '/switchyard' }],
    tls: [{ secretName: 'tls', hosts: ['example.com'] }],
  },
  autoscaling: { enabled: true },
  networkPolicy: { from: [{ namespaceSelector: {} }], extraEgress: [{ ports: [{ port: 4318, protocol: 'TCP' }] }] },
  serviceMonitor: { enabled: true, existingSecret: 'metrics', labels: { release: 'prometheus' } },
  nodeSelector: { disk: 'fast' },
  tolerations: [{ key: 'dedicated', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  priorityClassName: 'high',
};
const INSTALLS: Record<string, object> = {
  'SQLite, as it comes': {},
  'SQLite on a claim that is there': { persistence: { existingClaim: 'data' } },
  'SQLite on a volume of a class': { persistence: { storageClassName: 'fast', annotations: { team: 'platform' } } },
  'MongoDB by one': { ...MONGODB, networkPolicy: { enabled: false }, serviceAccount: { create: false } },
  'MongoDB by three': { ...MONGODB, replicaCount: 3, strategy: 'Recreate', fullnameOverride: 'switchyard' },
  everything: EVERYTHING,
};

/** The model of an object, by the names that Kubernetes gives it. */
async function modelOf({ apiVersion, kind }: KubernetesObject): Promise<string> {
  const from = apiVersion.startsWith('monitoring.') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
  return `${from}/${apiVersion}/${kind}`;
}

describe.skipIf(!hasHelm)('what the chart makes', () => {
  const made = new Map<string, KubernetesObject[]>();
  beforeAll(async () => {
    for (const [name, given] of Object.entries(INSTALLS)) {
      const { code, text } = await helm('template', given);
      expect([name, code, code === 0 || text]).toEqual([name, 0, true]);
      made.set(
        name,
        parseAllDocuments(text).flatMap((document) => (document.toJS() === null ? [] : [document.toJS()])),
      );
    }
  });
  const find = (name: string, kind: string) => required(made.get(name)).find((one) => one.kind === kind);
  const podOf = (name: string) => required(find(name, 'Deployment') ?? find(name, 'StatefulSet')).spec.template;
  const kindsOf = (name: string) =>
    required(made.get(name))
      .map(({ kind }) => kind)
      .sort();

  test.each(Object.entries(INSTALLS))('passes helm lint: %s', async (_, given) => {
    expect(await helm('lint', given)).toMatchObject({ code: 0 });
  });

  test('is taken by Kubernetes: every value, and no field that it does not know', async () => {
    const objects = [...made.values()].flat();
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-chart-'));
    try {
      for (const one of objects) {
        const { [one.kind]: Model } = await import(await modelOf(one));
        expect(() => new Model(one).validate()).not.toThrow();
      }
      // Its types know what its schemas let pass: a field that is none.
      const lines = await Promise.all(
        objects.map(
          async (one, at) =>
            `import type { I${one.kind} as T${at} } from '${await modelOf(one)}';\nexport const o${at}: T${at} = ${JSON.stringify(one, null, 1)};`,
        ),
      );
      symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      writeFileSync(join(folder, 'objects.ts'), lines.join('\n'));
      const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
      const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024'];
      const run = () =>
        execFileSync(process.execPath, [tsc, ...options, 'objects.ts'], { cwd: folder, encoding: 'utf8' });
      expect(run()).toBe('');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('is SQLite on a volume for one, or MongoDB for many with a budget for disruptions', () => {
    expect(kindsOf('SQLite, as it comes')).toEqual(['NetworkPolicy', 'Service', 'ServiceAccount', 'StatefulSet']);
    expect(kindsOf('MongoDB by one')).toEqual(['Deployment', 'Service']);
    expect(kindsOf('MongoDB by three')).toContain('PodDisruptionBudget');
    expect(kindsOf('everything')).toEqual(
      [
        'Deployment',
        'HorizontalPodAutoscaler',
        'Ingress',
        'NetworkPolicy',
        'PodDisruptionBudget',
        'Service',
        'ServiceAccount',
      ].concat('ServiceMonitor'),
    );
    expect(required(find('everything', 'Deployment')).spec.replicas).toBeUndefined();
  });

  test('starts the program: its environment is one that a start takes, and names nothing that the program does not know', () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-chart-'));
    writeFileSync(join(folder, 'MONGODB_URI'), 'mongodb://mongodb:27017/switchyard\n');
    const given = new Set(
      [...EVERYTHING.extraEnv, ...EVERYTHING.secretFiles.map(({ name }) => ({ name: `${name}_FILE` }))].map(
        ({ name }) => name,
      ),
    );
    const known = new Set([...Object.keys(configSchema.shape), ...SECRETS.map((name) => `${name}_FILE`), ...given]);
    for (const name of made.keys()) {
      const { env } = podOf(name).spec.containers[0];
      expect([name, env.filter((one) => !known.has(one.name))]).toEqual([name, []]);
      const started = env.map((one) => [one.name, one.value.replace('/run/secrets/switchyard', folder)]);
      expect([name, configIssues(Object.fromEntries(started))]).toEqual([name, []]);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('gives the program what it asks for on a read-only root, and nothing else', () => {
    for (const name of made.keys()) {
      const { spec } = podOf(name);
      const [container] = spec.containers;
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000 },
      });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const claims = find(name, 'StatefulSet')?.spec.volumeClaimTemplates as
        | { metadata: { name: string } }[]
        | undefined;
      const volumes = [...spec.volumes, ...(claims ?? []).map(({ metadata }) => metadata)]
        .map((one) => one.name)
        .sort();
      expect(container.volumeMounts.map((one) => one.name).sort()).toEqual(volumes);
      const env = new Map(container.env.map((one) => [one.name, one.value]));
      for (const path of ['/tmp', env.get('DATA_DIR')])
        expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain(path);
      const seconds = Number(env.get('SHUTDOWN_DELAY_SECONDS')) + Number(env.get('SHUTDOWN_SECONDS'));
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds);
    }
  });

  test('holds no secret, only names of secrets', () => {
    for (const objects of made.values()) expect(objects.map(({ kind }) => kind)).not.toContain('Secret');
    expect(JSON.stringify(podOf('everything').spec.volumes)).toContain(
      '{"secret":{"name":"providers","items":[{"key":"openai","path":"OPENAI_API_KEY"}]}}',
    );
  });

  test('selects the pods that it makes, and sends them what they answer', async () => {
    for (const [name, objects] of made) {
      const { labels } = podOf(name).metadata;
      for (const { kind, spec } of objects) {
        const selector = (spec?.selector ?? spec?.podSelector) as { matchLabels?: object } | undefined;
        if (selector && kind !== 'ServiceMonitor') expect(labels).toMatchObject(selector.matchLabels ?? selector);
      }
    }
    const scaled = required(find('everything', 'HorizontalPodAutoscaler')).spec.scaleTargetRef;
    expect(scaled).toMatchObject({
      kind: 'Deployment',
      name: required(find('everything', 'Deployment')).metadata.name,
    });
    const harness = await startHarness();
    const { livenessProbe, readinessProbe, startupProbe } = podOf('everything').spec.containers[0];
    for (const { httpGet } of [livenessProbe, readinessProbe, startupProbe])
      expect((await harness.client('').rest('GET', httpGet.path)).status).toBe(200);
    await harness.close();
  });

  test.each([
    ['two replicas on SQLite', { replicaCount: 2 }, 'SQLite is for one replica'],
    ['any number on SQLite', { autoscaling: { enabled: true } }, 'SQLite is for one replica'],
    ['an organization without its token', { init: { organization: 'A' } }, 'together with init.existingSecret'],
    ['figures without a token', { serviceMonitor: { enabled: true } }, 'metrics:read'],
    ['an ingress of no host', { ingress: { enabled: true } }, 'at least one'],
    ['a misspelt variable', { config: { LOGLEVEL: 'info' } }, 'LOGLEVEL'],
    ['a secret among the configuration', { config: { S3_SECRET_ACCESS_KEY: 's' } }, 'S3_SECRET_ACCESS_KEY'],
  ])('is refused: %s', async (_, given, why) => {
    const { code, text } = await helm('template', given);
    expect([code, text]).toEqual([1, expect.stringContaining(why)]);
  });
});
