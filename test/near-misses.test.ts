import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configSchema } from '../src/process/setup/config.ts';
import { nearMisses } from '../src/process/setup/near-misses.ts';

const OURS = Object.keys(configSchema.shape);
const meant = (name: string, value = 'x') => nearMisses({ [name]: value }).map((miss) => miss.meant);

test.each([
  ['MONGO_URL', 'MONGODB_URI'],
  ['MONGO_URI', 'MONGODB_URI'],
  ['MONGODB_URL', 'MONGODB_URI'],
  ['PROT', 'PORT'],
  ['port', 'PORT'],
  ['DATADIR', 'DATA_DIR'],
  ['data-dir', 'DATA_DIR'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['LOG_LEVL', 'LOG_LEVEL'],
  ['CORS_ORIGIN', 'CORS_ORIGINS'],
  ['RATE_LIMIT', 'RATE_LIMIT_PER_MINUTE'],
  ['NODENV', 'NODE_ENV'],
  ['SWITCHYARD_PORT', 'PORT'],
])('%s is told as %s', (given, name) => expect(meant(given)).toEqual([name]));

test('every variable is recognized in another spelling, and never itself', () => {
  const respelt = fc.constantFrom(...OURS).chain((name) =>
    fc.constantFrom(
      { name, given: name.toLowerCase() },
      { name, given: name.replaceAll('_', '-').toLowerCase() },
      { name, given: `SWITCHYARD_${name}` },
      // Two letters swapped, wherever they differ.
      ...[...name]
        .slice(1)
        .map((_, at) => ({ name, given: name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2) })),
      ...(name.length > 6 ? [...name].map((_, at) => ({ name, given: name.slice(0, at) + name.slice(at + 1) })) : []),
    ),
  );
  fc.assert(
    fc.property(
      respelt.filter(({ given }) => !OURS.includes(given)),
      ({ name, given }) => {
        expect(meant(given)).toEqual([name]);
      },
    ),
  );
  for (const name of OURS) expect(meant(name)).toEqual([]);
});

const UNRELATED =
  `PATH HOME USER LOGNAME SHELL PWD OLDPWD LANG LC_ALL LC_CTYPE TZ TERM COLORTERM EDITOR PAGER DISPLAY MAIL SHLVL HOSTNAME
HOSTS PORTS POST SPORT REPORT EXPORT IMPORT PORTAINER_TOKEN PORTAL HTTP_PORT HTTPS_PORT SSH_PORT DB_PORT DB_HOST GHOST DOCKER_HOST HOSTTYPE
LOGS LOG LOG_DIR LOG_FILE LOG_FORMAT DEBUG VERBOSE DATA DATABASE_URL DATABASE_URI DATABASE_HOST REDIS_URL PGHOST PGPORT PGDATA MYSQL_HOST
MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_DATABASE MONGODB_DATABASE MONGODB_USER MONGODB_PASSWORD MONGODB_PORT MONGODB_HOST MONGO_PORT MONGO_HOST
MONGODB_TEST_URI MONGO_VERSION NODE_OPTIONS NODE_PATH NODE_VERSION NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED NVM_DIR NVM_BIN NODENV_ROOT
NPM_CONFIG_LOGLEVEL npm_config_loglevel npm_config_cache npm_lifecycle_event npm_package_name npm_execpath npm_node_execpath INIT_CWD
XDG_DATA_DIRS XDG_DATA_HOME XDG_CONFIG_HOME XDG_RUNTIME_DIR TMPDIR TEMP TMP JAVA_HOME GOPATH PYTHONPATH VIRTUAL_ENV CONDA_PREFIX CI GITHUB_ACTIONS
GITHUB_TOKEN GITHUB_SHA AWS_REGION AWS_SECRET_ACCESS_KEY GOOGLE_APPLICATION_CREDENTIALS KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT
KUBERNETES_PORT KUBERNETES_PORT_443_TCP_ADDR SWITCHYARD_SERVICE_HOST SWITCHYARD_SERVICE_PORT SWITCHYARD_PORT_4000_TCP
OPENAI_API_KEY ANTHROPIC_API_KEY http_proxy https_proxy no_proxy SSH_AUTH_SOCK SSH_CONNECTION SUDO_USER INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET
DEMOS DEMOCRACY MODE SHUTDOWN ORIGIN ENV ENVIRONMENT NODE_NAME POD_NAME POD_IP HEALTH_CHECK_URL RATE MINUTE _ PS1 LS_COLORS`.split(
    /\s+/,
  );

test('what belongs to others is passed over', () => {
  for (const name of UNRELATED) expect([name, meant(name)]).toEqual([name, []]);
  expect(meant('SWITCHYARD_PORT', 'tcp://10.0.0.7:4000')).toEqual([]);
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Z]{1,6}$/).filter((name) => !OURS.includes(name)),
      (name) => {
        // A short word is told only when it has the letters of ours.
        for (const one of meant(name)) expect([...name].sort()).toEqual([...one.replaceAll('_', '')].sort());
      },
    ),
  );
});

test('what is empty, or says what ours says, loses nothing', () => {
  expect(nearMisses({ MONGO_URL: '' })).toEqual([]);
  expect(nearMisses({ MONGO_URL: 'mongodb://h', MONGODB_URI: 'mongodb://h' })).toEqual([]);
  expect(nearMisses({ MONGO_URL: 'mongodb://h', MONGODB_URI: 'mongodb://other' })).toHaveLength(1);
});
