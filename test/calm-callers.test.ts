import { expect, test } from 'vitest';
import { describeEngines, startHarness } from './harness.ts';
import { seed } from './seed.ts';

describeEngines('calm callers', (engine) => {
  // What is tried is the process; a slow server of the other engine only leaves it idle.
  const rounds = engine === 'sqlite' ? 5 : 2;
  test.each(engine === 'sqlite' ? [32, 48] : [48])(
    '%i connections that ask Q3 one answer after the other get no 503',
    async (connections) => {
      const harness = await startHarness(engine);
      const tenant = await harness.org();
      const { workspace, workspaceId, environmentId } = await seed(tenant);
      for (let app = 0; app < 9; app += 1) {
        const { body } = await tenant.rest('POST', `${workspace}/apps`, { name: `app ${app}` });
        await Promise.all(
          Array.from({ length: 10 }, (_, at) =>
            tenant.rest('POST', `${workspace}/apps/${body.app_id}/namespaces`, {
              name: `n ${at}`,
              environment_id: environmentId,
            }),
          ),
        );
      }
      const query =
        'query($ws: ID!){workspace(workspaceId:$ws){name apps(first:10){edges{node{name namespaces(first:10){edges{node{name status environment{name}}}}}}}}}';
      const statuses = await Promise.all(
        Array.from({ length: connections }, async () => {
          const seen: number[] = [];
          for (let at = 0; at < rounds; at += 1) seen.push((await tenant.graphql(query, { ws: workspaceId })).status);
          return seen;
        }),
      );
      await harness.close();
      expect(statuses.flat().filter((status) => status !== 200)).toEqual([]);
    },
  );
});
