import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROVIDER_TYPES } from '../../src/nouns/provider-accounts/model.ts';
import { required } from '../required.ts';

const texts = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md'), ...globSync('examples/*.{ts,py}')];

test('what is told to be run by Node is run by the Node that npm brings, as the machine’s may be older', () => {
  const commands = texts.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:\S+ )?\bnode (?:-\S+ )*[\w./-]+\.(?:ts|mjs)\b/g)].map(([told]) => ({
      file,
      told,
    })),
  );
  expect(commands.length).toBeGreaterThan(8);
  expect(commands.filter(({ told }) => !told.includes('npx node '))).toEqual([]);
});

/** LiteLLM's own names (`litellm.LlmProviders`) of those whose accounts there are. */
const LITELLM = ['azure', 'openai', 'anthropic', 'bedrock', 'vertex_ai', 'gemini', 'cohere', 'mistral', 'groq'].concat([
  'together_ai',
  'huggingface',
  'ollama',
  'hosted_vllm',
]);

test('the callback of LiteLLM names each type of provider as LiteLLM does', () => {
  const told = required(/^PROVIDERS = \{([^}]+)\}/m.exec(readFileSync('examples/litellm_callback.py', 'utf8'))?.[1]);
  const names = new Map(
    [...told.matchAll(/"(\w+)": "(\w+)"/g)].map(([, ours, theirs]) => [required(ours), required(theirs)]),
  );
  expect(PROVIDER_TYPES.filter((type) => !LITELLM.includes(names.get(type) ?? type))).toEqual([]);
  expect([...names.keys()].filter((type) => !PROVIDER_TYPES.some((one) => one === type))).toEqual([]);
});
