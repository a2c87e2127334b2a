import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';

/** What is shown after each answer of a provider, by a model of its own: only a success makes an account better. */
function expectedOf(statuses: readonly number[]): string[] {
  let [failures, state] = [0, 'active'];
  return statuses.map((status) => {
    if (status === 200) [failures, state] = [0, 'active'];
    if ([401, 403, 500, 503].includes(status)) {
      failures += 1;
      state = state === 'error' || status < 500 || failures >= 3 ? 'error' : 'degraded';
    }
    return state;
  });
}

describeEngines('health checks in a row', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let provider: Server;
  let answer = 200;
  beforeAll(async () => {
    provider = createServer((_request, response) => response.writeHead(answer).end());
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const base_url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
    const key = JSON.stringify({ api_key: 'k', base_url });
    harness = await startHarness(engine, { deps: { env: () => key, allowPrivateAddresses: true } });
    tenant = await harness.org();
  });
  afterAll(async () => {
    await harness.close();
    provider.close();
  });

  test('no failure makes an account better: what is an error stays one until a success', async () => {
    const status = fc.constantFrom(200, 401, 403, 404, 429, 500, 503);
    await fc.assert(
      fc.asyncProperty(fc.array(status, { minLength: 2, maxLength: 6 }), async (statuses) => {
        const made = { name: 'A', provider_type: 'openai', credentials_ref: 'env:K' };
        const account = (await tenant.rest('POST', `${tenant.base}/provider-accounts`, made)).body;
        const id = account.provider_account_id;
        const shown = [];
        for (answer of statuses) {
          await tenant.graphql(`mutation{checkProviderAccount(input:{providerAccountId:"${id}"}){checked}}`);
          shown.push((await tenant.rest('GET', `${tenant.base}/provider-accounts/${id}`)).body.status);
        }
        expect([statuses, shown]).toEqual([statuses, expectedOf(statuses)]);
      }),
      { numRuns: 15, examples: [[[403, 500]], [[401, 404, 503, 500]]] },
    );
  });
});
