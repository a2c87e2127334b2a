import type { ProviderAccount } from './model.ts';

export interface Credentials {
  apiKey: string;
  baseUrl: string;
}

/** Providers that answer OpenAI's model listing at an address of their own. */
const BASE_URLS: Partial<Record<ProviderAccount['providerType'], string>> = {
  openai: 'https://api.openai.com/v1',
  mistral: 'https://api.mistral.ai/v1',
  groq: 'https://api.groq.com/openai/v1',
  together: 'https://api.together.xyz/v1',
};

/** `env:NAME` names a variable with a key, or JSON `{api_key, base_url}`; null for what cannot be resolved here. */
export function credentialsOf(
  account: Pick<ProviderAccount, 'credentialsRef' | 'providerType'>,
  env: (name: string) => string | undefined,
): Credentials | null {
  const name = /^env:(.+)$/.exec(account.credentialsRef)?.[1];
  const value = name === undefined ? undefined : env(name);
  if (!value) return null;
  const { api_key: apiKey = value, base_url: baseUrl = BASE_URLS[account.providerType] } = parsed(value);
  return baseUrl === undefined || !URL.canParse(baseUrl) ? null : { apiKey, baseUrl };
}

function parsed(value: string): { api_key?: string; base_url?: string } {
  if (!value.trimStart().startsWith('{')) return {};
  try {
    const json = JSON.parse(value) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(json).filter(([, field]) => typeof field === 'string')) as {
      api_key?: string;
      base_url?: string;
    };
  } catch {
    return {};
  }
}
