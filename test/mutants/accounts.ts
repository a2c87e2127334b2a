import type { Mutant } from './mutant.ts';

const HEALTH = 'src/nouns/provider-accounts/health-rules.ts';
const PROBE = 'src/nouns/provider-accounts/probe.ts';
const tests = ['test/health.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a long piece of letters and digits is a key whatever it begins with',
    file: 'src/nouns/provider-accounts/reference.ts',
    edits: [['([-_][a-z0-9]{1,19})+', '([-_][a-z0-9]+)+']],
    tests: ['test/nouns/provider-accounts.test.ts'],
  },
  {
    breaks: 'a verdict on old credentials moves nothing of the new',
    file: HEALTH,
    edits: [
      ['if (before !== null && before.reference !== input.reference) return', 'if (input.reference === null) return'],
    ],
    tests,
  },
  {
    breaks: 'other credentials begin unobserved, with no failures behind them',
    file: HEALTH,
    edits: [["{ state: 'active', reason: null, failures: 0, checkedAt: null }", '{ ...(doc as AccountHealth) }']],
    tests,
  },
  {
    breaks: 'a failure never makes an account better that is an error',
    file: HEALTH,
    edits: [[" || before?.state === 'error'", '']],
    tests: ['test/health-sequences.test.ts'],
  },
  {
    breaks: 'what was observed of nobody knows which credentials counts for nothing',
    file: 'src/routing/account.ts',
    edits: [['health?.reference === account.credentialsRef ? health : null', 'health']],
    tests,
  },
  {
    breaks: 'an answer that does not tell is no failure',
    file: PROBE,
    edits: [['FAILING.has(status) ?', 'status !== 404 && status !== 429 ?']],
    tests,
  },
  {
    breaks: 'a host that was never asked is no failure',
    file: PROBE,
    edits: [["if (!mayAsk) return { kind: 'unknown' };", "if (!mayAsk) return { kind: 'failed', reason: 'x' };"]],
    tests,
  },
  {
    breaks: 'an address by name that points inside is no failure',
    file: PROBE,
    edits: [["if (error.message === POINTS_INSIDE) return { kind: 'unknown' };", '']],
    tests,
  },
  {
    breaks: 'each provider is asked with its own header',
    file: PROBE,
    edits: [["return { 'x-goog-api-key': apiKey };", 'return { authorization: apiKey };']],
    tests,
  },
  {
    breaks: 'an Azure address is not doubled',
    file: PROBE,
    edits: [["base.replace(/\\/openai$/, '')", 'base']],
    tests,
  },
];
