import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { Env } from '../setup/env.ts';
import type { Otlp } from '../setup/otlp.ts';

const ABOVE_ZERO = /^OTEL_BSP_(MAX_QUEUE_SIZE|MAX_EXPORT_BATCH_SIZE|EXPORT_TIMEOUT)$/;

/** What OpenTelemetry's SDK says of its variables while it begins: it goes on with others, and tells nobody. Answers one sentence for each. */
export async function saidWhile<T>({ headers }: Otlp, begin: () => Promise<T>): Promise<[T, string[]]> {
  const said = new Set<string>();
  const hear = (text: unknown) => void said.add(told(String(text)));
  const nothing = () => {};
  // One of them is told where only debuggers look.
  const debug = (text: unknown) => String(text).startsWith('EnvDetector failed') && hear(text);
  diag.setLogger(
    { error: hear, warn: hear, info: nothing, debug, verbose: nothing },
    { logLevel: DiagLogLevel.DEBUG, suppressOverrideMessage: true },
  );
  try {
    const begun = await begin();
    return [begun, [...said, ...unfitNumbers(process.env), ...unfitHeaders(headers)]];
  } finally {
    diag.disable();
  }
}

/** Attributes are not repeated: whoever has set them did so for the collector alone. */
function told(text: string): string {
  if (text.startsWith('EnvDetector failed'))
    return 'OTEL_RESOURCE_ATTRIBUTES: cannot be read, and all of it is left out';
  return text.slice(0, 200);
}

/** What it takes without a word, and cannot work with. */
function unfitNumbers(env: Env): string[] {
  const given = Object.entries(env).filter(([name, text]) => ABOVE_ZERO.test(name) && text?.trim());
  const unfit = given.filter(([, text]) => Number(text) <= 0);
  return unfit.map(([name, text]) => `${name}: expected a number above 0, got ${text?.slice(0, 40)}`);
}

function unfitHeaders(headers: Otlp['headers']): string[] {
  const isNone = (one: string) => one.trim() !== '' && !one.includes('=');
  const unfit = headers.filter(([, text]) => text.split(',').some(isNone));
  return unfit.map(([name]) => `${name}: what has no = is left out`);
}

/** Hears how many spans had no place any more between those that wait to be sent. */
export function hearDropped(dropped: (count: number) => void): void {
  const nothing = () => {};
  const warn = (text: unknown) => {
    const count = /^Dropped (\d+) spans because maxQueueSize reached/.exec(String(text))?.[1];
    if (count) dropped(Number(count));
  };
  diag.setLogger(
    { error: nothing, warn, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
