import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMeter } from '../../src/client/meter.ts';
import { required } from '../required.ts';

/** What providers document that they answer, each with the input and output tokens that it tells of. */
const WHOLE: Record<string, [object, number, number | null]> = {
  'OpenAI chat': [{ choices: [{ finish_reason: 'stop' }], usage: { prompt_tokens: 9, completion_tokens: 4 } }, 9, 4],
  'OpenAI responses': [{ object: 'response', error: null, usage: { input_tokens: 9, output_tokens: 4 } }, 9, 4],
  'OpenAI embeddings': [{ object: 'list', data: [], usage: { prompt_tokens: 9, total_tokens: 9 } }, 9, null],
  Anthropic: [{ type: 'message', stop_reason: 'end_turn', usage: { input_tokens: 9, output_tokens: 4 } }, 9, 4],
  'Anthropic with a cache': [
    { usage: { input_tokens: 2, cache_creation_input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 4 } },
    9,
    4,
  ],
  Gemini: [
    { candidates: [{ finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4 } },
    9,
    4,
  ],
  'Gemini that thinks': [
    { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1, thoughtsTokenCount: 3 } },
    9,
    4,
  ],
};

const STREAMED: Record<string, (object | '[DONE]')[]> = {
  'OpenAI chat': [
    { object: 'chat.completion.chunk', choices: [{ delta: { content: 'é' }, finish_reason: null }], usage: null },
    { object: 'chat.completion.chunk', choices: [{ delta: {}, finish_reason: 'stop' }], usage: null },
    { object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } },
    '[DONE]',
  ],
  'OpenAI responses': [
    { type: 'response.created', response: { usage: null } },
    { type: 'response.output_text.delta', delta: '✓' },
    { type: 'response.completed', response: { usage: { input_tokens: 9, output_tokens: 4 } } },
  ],
  Anthropic: [
    { type: 'message_start', message: { usage: { input_tokens: 2, cache_read_input_tokens: 7, output_tokens: 1 } } },
    { type: 'content_block_delta', delta: { text: '…' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } },
    { type: 'message_stop' },
  ],
  Gemini: [
    { candidates: [{ content: {} }], usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1 } },
    { candidates: [{ finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4 } },
  ],
};

test.each(Object.keys(WHOLE))('counts what a whole answer says: %s', (name) => {
  const [answer, input, output] = required(WHOLE[name]);
  const meter = createMeter();
  meter.add(answer);
  expect([meter.tokens, meter.verdict()]).toEqual([{ input, output }, null]);
});

/** What ends a line of server-sent events. */
const ends = fc.constantFrom('\n', '\r\n', '\r');

test.each(Object.keys(STREAMED))(
  'counts what a stream says, however its bytes are cut or its events given: %s',
  (name) => {
    const events = required(STREAMED[name]);
    const bytesWith = (end: string, last: string) =>
      new TextEncoder().encode(
        events
          .map((event) => `event: x${end}data: ${event === '[DONE]' ? event : JSON.stringify(event)}`)
          .join(`${end}${end}`) + last,
      );
    const whole = { tokens: { input: 9, output: 4 }, verdict: null };
    const read = (chunks: unknown[]) => {
      const meter = createMeter();
      for (const chunk of chunks) meter.add(chunk);
      const verdict = meter.verdict();
      return { tokens: meter.tokens, verdict };
    };
    expect(read(events.filter((event) => event !== '[DONE]'))).toEqual(whole);
    fc.assert(
      fc.property(ends, fc.boolean(), fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (end, isEnded, shares) => {
        const bytes = bytesWith(end, isEnded ? end + end : '');
        const cuts = shares.map((share) => Math.floor(share * bytes.length));
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        expect(read(at.slice(1).map((to, index) => bytes.subarray(at[index], to)))).toEqual(whole);
      }),
    );
    // Whatever is missing at its end, it is known not to be whole.
    for (let end = 1; end < events.length - (name === 'OpenAI chat' ? 2 : 0); end += 1)
      expect(read(events.slice(0, end)).verdict).toMatchObject({ error_class: 'provider_error' });
  },
);

test('an error within a stream is one, by the provider’s own word', () => {
  const classes = [
    [{ type: 'error', error: { type: 'overloaded_error' } }, 'overloaded'],
    [{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }, 'rate_limited'],
    [{ error: { message: 'it broke' } }, 'provider_error'],
    [{ type: 'response.failed', response: { error: { code: 'rate_limit_exceeded' } } }, 'rate_limited'],
  ] as const;
  for (const [event, error_class] of classes) {
    const meter = createMeter();
    meter.add(`data: ${JSON.stringify(event)}\n\n`);
    expect(meter.error()).toMatchObject({ error_class });
  }
});

test('nothing that a provider might send is counted wrongly, or stops the stream', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (one, other) => {
      const meter = createMeter();
      for (const chunk of [one, { usage: one, choices: other, candidates: other, message: one }]) meter.add(chunk);
      for (const count of Object.values(meter.tokens)) expect(count === null || Number.isSafeInteger(count)).toBe(true);
    }),
  );
});
