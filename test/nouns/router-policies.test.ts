import { expect, test } from 'vitest';
import { routerPolicies } from '../../src/nouns/router-policies/model.ts';
import type { Client } from '../harness.ts';
import { type Meter, metered } from '../metered.ts';
import { required } from '../required.ts';
import { describeNoun } from './life.ts';

describeNoun(
  routerPolicies,
  {
    at: ({ tenant }) => `${tenant.base}/router-policies`,
    key: 'policies',
    body: ({ seeded }) => ({ name: 'Chat', match: {}, route_to: seeded.modelId }),
    first: { enabled: true, status: 'active', priority: 0, fallback: null, tags: {} },
    change: { name: 'Renamed', priority: 5, description: 'x' },
  },
  (world) => {
    test('switched off it is inactive, and routes nothing', async () => {
      const { tenant, seeded } = world;
      const { policies } = (await tenant.rest('GET', `${tenant.base}/router-policies`)).body;
      for (const { policy_id: id } of policies)
        expect(
          (await tenant.rest('PATCH', `${tenant.base}/router-policies/${id}`, { enabled: false })).body.status,
        ).toBe('inactive');
      const context = { workspace_id: seeded.workspaceId };
      const { body } = await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, { context });
      expect(body).toMatchObject({ matched_policies: [], selected_policy: null });
    });

    test('a test takes a demand in every spelling in which a decision takes it', async () => {
      const { tenant, seeded } = world;
      const spellings = [true, 1, 1.0, 'true', 'TRUE', 'yes', 'Y', 'on', 't', '1', false, 0, 'no', 'off', 'F', null];
      for (const demand of ['requires_streaming', 'requires_function_calling', 'requires_vision']) {
        const policy = { name: demand, priority: 3, match: { [demand]: true }, route_to: seeded.modelId };
        const { policy_id } = (await tenant.rest('POST', `${tenant.base}/router-policies`, policy)).body;
        for (const spelling of [...spellings, 2, 'maybe', ['true']]) {
          const context = { workspace_id: seeded.workspaceId, [demand]: spelling };
          const tested = await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, { context });
          const decided = await tenant.rest('POST', `${tenant.base}/decisions`, context);
          const isMatched = tested.body.matched_policies.some(
            (one: { policy_id: string }) => one.policy_id === policy_id,
          );
          const isTaken = decided.status === 201 && decided.body.policy_id === policy_id;
          expect([demand, spelling, isMatched]).toEqual([demand, spelling, isTaken]);
        }
        await tenant.rest('DELETE', `${tenant.base}/router-policies/${policy_id}`);
      }
    });

    test('one that names a workspace matches while that is there, for those who see it; never again once it is deleted', async () => {
      const { tenant, seeded } = world;
      const made = await tenant.rest('POST', `${tenant.base}/workspaces`, {
        organization_id: tenant.orgId,
        name: 'Gone',
      });
      const workspace_id: string = made.body.workspace_id;
      const named = { name: 'Named', match: { workspace_id, purpose: 'gone' }, route_to: seeded.modelId };
      const { policy_id } = (await tenant.rest('POST', `${tenant.base}/router-policies`, named)).body;
      const elsewhere = await tenant.as({ role: 'Admin', workspace_ids: [seeded.workspaceId] });
      const isMatched = async (client: Client, tags: object) => {
        const context = { workspace_id, purpose: 'gone', ...tags };
        const { body } = await client.rest('POST', `${tenant.base}/router-policies/test-match`, { context });
        return body.matched_policies.some((policy: { policy_id: string }) => policy.policy_id === policy_id);
      };
      for (const tags of [{}, { workspace_tags: { tier: 'any' } }])
        expect([await isMatched(tenant, tags), await isMatched(elsewhere, tags)]).toEqual([true, false]);
      await tenant.rest('DELETE', `${tenant.base}/workspaces/${workspace_id}`);
      for (const tags of [{}, { workspace_tags: { tier: 'any' } }]) expect(await isMatched(tenant, tags)).toBe(false);
      const read = await tenant.rest('GET', `${tenant.base}/router-policies/${policy_id}`);
      expect([read.status, read.body.match.workspace_id]).toEqual([200, workspace_id]);
    });

    test('is compared with the others up to a thousand, and beside more costs no read of them', async () => {
      const { harness, tenant, seeded } = world;
      const real = harness.deps.store;
      const collection = routerPolicies.collection;
      const like = required(await real.get(collection, { orgId: tenant.orgId, id: seeded.policyId }));
      const meter: Meter = { calls: 0, chars: 0 };
      const create = async () => {
        const input = { name: 'Like others', match: {}, routeTo: seeded.modelId };
        const query =
          'mutation ($input: CreateRouterPolicyInput!) { createRouterPolicy(input: $input) { warnings { code } } }';
        harness.deps.store = metered(real, meter);
        const { body } = await tenant.graphql(query, { input });
        harness.deps.store = real;
        return body.data.createRouterPolicy.warnings.map(({ code }: { code: string }) => code);
      };
      const others = Array.from({ length: 1_001 }, (_, at) => ({
        ...like,
        enabled: true,
        id: `pol_${String(at).padStart(26, '0')}`,
      }));
      await real.load(collection, others.slice(0, 900));
      // What is loaded, as by a copy, counts from the next change on.
      await create();
      expect(await create()).toContain('POLICY_OVERLAP');
      expect(meter.chars).toBeGreaterThan(200_000);
      await real.load(collection, others.slice(900));
      meter.chars = 0;
      expect(await create()).not.toContain('POLICY_OVERLAP');
      expect(meter.chars).toBeLessThan(20_000);
      await real.discard(
        collection,
        others.map(({ orgId, id }) => ({ orgId, id })),
      );
    });

    test('falls back to another model than it routes to', async () => {
      const { tenant, seeded } = world;
      const path = `${tenant.base}/router-policies/${seeded.policyId}`;
      const refused = await tenant.rest('PATCH', path, { route_to: seeded.modelId, fallback: seeded.modelId });
      expect(refused.status).toBe(422);
      expect((await tenant.rest('PATCH', path, { fallback: seeded.embeddingId })).body.fallback).toBe(
        seeded.embeddingId,
      );
    });
  },
);
