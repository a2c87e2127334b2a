import { failureOfBody } from './failures.ts';
import type { Failure, Tokens } from './types.ts';

/** Reads along what a provider sends: how many tokens it took, whether it came to its end, whether it is an error. */
export interface Meter {
  tokens: Tokens;
  /** Whether the provider said that this was all. */
  isWhole(): boolean;
  /** What the provider said that went wrong. */
  error(): Failure | null;
  add(chunk: unknown): void;
  /** What became of it, now that nothing more comes. */
  verdict(): Failure | null;
}

type Json = Record<string, unknown>;

const LINE_MAX = 2 ** 20;

export function createMeter(): Meter {
  const tokens: Tokens = { input: null, output: null };
  let [isKnown, isWhole, rest] = [false, false, ''];
  let failure: Failure | null = null;
  const decoder = new TextDecoder();

  function addObject(value: Json): void {
    const usage = usageOf(value);
    tokens.input = usage.input ?? tokens.input;
    tokens.output = usage.output ?? tokens.output;
    const error = value.error ?? at(value.response, 'error');
    if (error || value.type === 'error') failure = failureOfBody({ error });
    if (isOfStream(value)) isKnown = true;
    if (isLast(value)) isWhole = true;
  }

  /** Lines of server-sent events; what is no JSON is somebody else's. */
  function addText(text: string): void {
    const lines = (rest + text).split(/[\r\n]/);
    rest = lines.pop() ?? '';
    if (rest.length > LINE_MAX) rest = '';
    for (const line of lines) {
      const data = line.startsWith('data:') ? line.slice(5).trim() : '';
      if (data === '[DONE]') isWhole = true;
      else if (data.startsWith('{')) add(parsed(data));
    }
  }

  function add(chunk: unknown): void {
    if (typeof chunk === 'string') addText(chunk);
    else if (chunk instanceof Uint8Array) addText(decoder.decode(chunk, { stream: true }));
    else if (Array.isArray(chunk)) for (const one of chunk) add(one);
    else if (typeof chunk === 'object' && chunk !== null) addObject(chunk as Json);
  }

  const cut: Failure = { error_class: 'provider_error', retry_after_seconds: null };
  const verdict = () => {
    // The last line of what has come to its end may lack the sign that ends it.
    addText('\n');
    return failure ?? (isKnown && !isWhole ? cut : null);
  };
  return { tokens, isWhole: () => isWhole, error: () => failure, add: (chunk) => unharmed(() => add(chunk)), verdict };
}

/** An answer that throws when it is looked at is the caller’s all the same. */
function unharmed(look: () => void): void {
  try {
    look();
  } catch {
    // Its tokens are not known.
  }
}

/** Null where it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Json)[key] : undefined;
}

/** Of what a provider counts by several names: the sum of those that are there; null: none. */
function sum(counts: unknown, ...names: string[]): number | null {
  const there = names
    .map((name) => at(counts, name))
    .filter((one) => Number.isSafeInteger(one) && (one as number) >= 0);
  return there.length === 0 ? null : (there as number[]).reduce((total, one) => total + one, 0);
}

/** OpenAI's chat, responses and embeddings; Anthropic's messages, whose cached input is counted beside; Gemini's, whose thoughts are. */
function usageOf(value: Json): Tokens {
  const usage = value.usage ?? at(value.message, 'usage') ?? at(value.response, 'usage');
  const gemini = value.usageMetadata;
  return {
    input:
      sum(usage, 'prompt_tokens') ??
      sum(usage, 'input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens') ??
      sum(gemini, 'promptTokenCount', 'toolUsePromptTokenCount'),
    output:
      sum(usage, 'completion_tokens') ??
      sum(usage, 'output_tokens') ??
      sum(gemini, 'candidatesTokenCount', 'thoughtsTokenCount'),
  };
}

function isOfStream({ object, type, candidates }: Json): boolean {
  return (
    object === 'chat.completion.chunk' ||
    /^(message_|content_block_|response\.)/.test(String(type)) ||
    Array.isArray(candidates)
  );
}

const LAST = ['message_stop', 'response.completed', 'response.incomplete'];

function isLast({ type, choices, candidates, promptFeedback }: Json): boolean {
  const ends = (list: unknown, key: string) =>
    Array.isArray(list) && list.some((one) => typeof at(one, key) === 'string');
  return (
    LAST.includes(String(type)) ||
    ends(choices, 'finish_reason') ||
    ends(candidates, 'finishReason') ||
    Boolean(promptFeedback)
  );
}
