import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { Env } from '../setup/env.ts';

const ABOVE_ZERO = /^OTEL_BSP_(MAX_QUEUE_SIZE|MAX_EXPORT_BATCH_SIZE|EXPORT_TIMEOUT)$/;
const HEADERS = /^OTEL_EXPORTER_OTLP_(TRACES_)?HEADERS$/;

/** What OpenTelemetry's SDK says of its variables while it begins: it goes on with others, and tells nobody. Answers one sentence for each. */
export async function saidWhile<T>(begin: () => Promise<T>): Promise<[T, string[]]> {
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
    return [begun, [...said, ...unsaid(process.env)]];
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
function unsaid(env: Env): string[] {
  return Object.entries(env).flatMap(([name, given = '']) => {
    if (ABOVE_ZERO.test(name) && Number(given) <= 0 && given.trim() !== '')
      return [`${name}: expected a number above 0, got ${given.slice(0, 40)}`];
    if (HEADERS.test(name) && given.split(',').some((one) => one.trim() !== '' && !one.includes('=')))
      return [`${name}: what has no = is left out`];
    return [];
  });
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
