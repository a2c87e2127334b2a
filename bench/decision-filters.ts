/**
 * What a page of decisions costs whose filter matches almost none of 200,000: `npx node bench/decision-filters.ts`, and with
 * `MONGODB_TEST_URI` on MongoDB too.
 */
import { type Decision, decisions } from '../src/nouns/decisions/model.ts';
import type { Clause, PageQuery } from '../src/store/store.ts';
import { type EngineName, MONGODB_URI, openEngine } from '../test/harness.ts';
import { type Contender, compare, print } from './measure.ts';

const ORG = 'org_0123456789abcdefghijklmnop';
const COUNT = 200_000;
const AT_ONCE = 1_000;
const { collection } = decisions;

/** Every 20th policy, 10th model and account in turn, one in a hundred refused; the eldest alone has what nobody else has. */
function decisionOf(at: number): Decision {
  const isRare = at === 0;
  const isRefused = !isRare && at % 100 === 0;
  const chosen = (kind: string, of: number) => `${kind}_0123456789abcdefghijk${isRare ? 'rare' : at % of}`;
  const createdAt = new Date(1.7e12 + at).toISOString();
  const refusal = { code: 'RATE_LIMITED', level: 'model', limit: 'requests_per_minute', retryAfter: 3, change: null };
  return {
    ...{ id: `dec_0123456789abcdefgh${String(at).padStart(8, '0')}`, orgId: ORG, version: 2, createdAt },
    ...{ updatedAt: createdAt, createdBy: 'mem_0123456789abcdefghijklmnop' },
    ...{ workspaceId: chosen('ws', 20), policyId: chosen('pol', 20), admitted: !isRefused },
    logicalModelId: isRefused ? null : chosen('model', 10),
    providerAccountId: isRefused ? null : chosen('pa', 10),
    upstreamModel: isRefused ? null : 'gpt-4o-2024-11-20',
    context: { endpointType: 'chat', purpose: 'answer', tags: { team: 'support' }, workspaceTags: null },
    ...{ estimatedInputTokens: 400, estimatedOutputTokens: 100, failedBefore: [] },
    refusal: isRefused ? refusal : null,
    hops: [{ logicalModelId: 'gpt-4o', providerAccountId: chosen('pa', 10), admitted: !isRefused, code: null }],
    outcome: isRefused
      ? null
      : { success: true, latencyMs: 812, inputTokens: 400, outputTokens: 90, reportedAt: createdAt },
    purgeAt: new Date(2e12).toISOString(),
  } as unknown as Decision;
}

const RARE: Record<string, Clause[]> = {
  'all of them': [],
  'of a workspace': [{ field: 'workspaceId', in: ['ws_0123456789abcdefghijkrare'] }],
  'of a policy': [{ field: 'policyId', in: ['pol_0123456789abcdefghijkrare'] }],
  'of a model': [{ field: 'logicalModelId', in: ['model_0123456789abcdefghijkrare'] }],
  'of an account': [{ field: 'providerAccountId', in: ['pa_0123456789abcdefghijkrare'] }],
  'of a policy and a model': [
    { field: 'policyId', in: ['pol_0123456789abcdefghijk3'] },
    { field: 'logicalModelId', in: ['model_0123456789abcdefghijkrare'] },
  ],
  refused: [{ field: 'admitted', in: [false] }],
  admitted: [{ field: 'admitted', in: [true] }],
  'refused, of a policy without refusals': [
    { field: 'admitted', in: [false] },
    { field: 'policyId', in: ['pol_0123456789abcdefghijk3'] },
  ],
  'of a day with none': [{ field: 'createdAt', from: '2000-01-01T00:00:00.000Z', until: '2000-01-02T00:00:00.000Z' }],
};

async function measure(engine: EngineName): Promise<void> {
  const { store, close } = await openEngine(engine);
  for (let from = 0; from < COUNT; from += AT_ONCE)
    await store.load(
      collection,
      Array.from({ length: AT_ONCE }, (_, at) => decisionOf(from + at)),
    );
  const contenders = (run: (where: Clause[]) => unknown): Contender[] =>
    Object.entries(RARE).map(([name, where]) => ({ name, run: () => run(where) }));
  const page = (where: Clause[]): PageQuery => ({ orgId: ORG, where, order: 'desc', limit: 50 });
  const pace = { rounds: 3, runs: 3 };
  print(
    `${engine}: a page of ${COUNT} decisions`,
    await compare(
      contenders((where) => store.page(collection, page(where))),
      pace,
    ),
  );
  print(
    `${engine}: their number`,
    await compare(
      contenders((where) => store.counts(collection, [{ orgId: ORG, where }])),
      pace,
    ),
  );
  await close();
}

await measure('sqlite');
if (MONGODB_URI) await measure('mongodb');
