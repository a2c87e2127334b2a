import type { ProviderAccount } from './model.ts';

export interface Credentials {
  apiKey: string;
  baseUrl: string;
}

/** Providers whose models are listed at an address of their own. */
const BASE_URLS: Partial<Record<ProviderAccount['providerType'], string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google_gemini: 'https://generativelanguage.googleapis.com/v1beta',
  cohere: 'https://api.cohere.com/v1',
  mistral: 'https://api.mistral.ai/v1',
  groq: 'https://api.groq.com/openai/v1',
  together: 'https://api.together.xyz/v1',
};

/** Providers whose requests are signed, not sent with a key: a check could not tell whether they work. */
const SIGNED: ReadonlySet<string> = new Set(['aws_bedrock', 'google_vertex']);

/** `env:NAME` names a variable with a key, or JSON `{api_key, base_url}`; null for what cannot be resolved here. */
export function credentialsOf(
  account: Pick<ProviderAccount, 'credentialsRef' | 'providerType'>,
  env: (name: string) => string | undefined,
): Credentials | null {
  const name = /^env:(.+)$/.exec(account.credentialsRef)?.[1];
  const value = name === undefined ? undefined : env(name);
  if (!value || SIGNED.has(account.providerType)) return null;
  const { apiKey, baseUrl = BASE_URLS[account.providerType] } = parsed(value);
  return apiKey && baseUrl !== undefined && URL.canParse(baseUrl) ? { apiKey, baseUrl } : null;
}

/** What begins as JSON is never a key: without a readable one in it nothing is sent anywhere. */
function parsed(value: string): Partial<Credentials> {
  if (!value.trimStart().startsWith('{')) return { apiKey: value };
  try {
    const { api_key: apiKey, base_url: baseUrl } = JSON.parse(value) as Record<string, unknown>;
    const isAddress = baseUrl === undefined || typeof baseUrl === 'string';
    return typeof apiKey === 'string' && isAddress ? { apiKey, baseUrl } : {};
  } catch {
    return {};
  }
}
