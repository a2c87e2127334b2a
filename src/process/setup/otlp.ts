import { z } from 'zod';
import { StartRefused } from '../../words/refused.ts';

const endpoint = z
  .string()
  .refine((text) => /^https?:\/\/[^\s@]+$/.test(text) && URL.canParse(text), {
    error: 'expected an address such as http://127.0.0.1:4318, without credentials (what was given is not shown)',
  })
  .optional();
const HEADERS = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'] as const;
const PROTOCOLS = ['http/protobuf', 'http/json'] as const;

/** OpenTelemetry's own variables, as far as they say whether, where to and how traces are sent; the rest is read by its SDK. */
export const otlpShape = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.describe('Where traces are sent by OTLP over HTTP; unset: nothing is traced.'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint.describe('The same with its whole path, for traces alone.'),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .string()
    .optional()
    .describe('`http/protobuf` (where nothing is said) or `http/json`; `grpc` is not supported.'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.string().optional().describe('The same, for traces alone.'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .optional()
    .describe('What is sent with them, such as `authorization=Bearer%20…`, separated by commas.'),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: z.string().optional().describe('The same, for traces alone.'),
  OTEL_TRACES_EXPORTER: z.string().optional().describe('`none`: nothing is traced.'),
  OTEL_SDK_DISABLED: z.string().optional().describe('`true`: nothing is traced.'),
};

export type OtlpConfig = z.output<z.ZodObject<typeof otlpShape>>;

export interface Otlp {
  url: string;
  protocol: (typeof PROTOCOLS)[number];
  /** As they are given, by their variable; what a later one names takes the place of what an earlier one does. */
  headers: [variable: (typeof HEADERS)[number], text: string][];
}

/** Where traces go; null: nowhere. What is said beside no endpoint is meant for other programs, and may say anything. */
export function otlpOf(config: OtlpConfig): Otlp | null {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole } = config;
  const { OTEL_TRACES_EXPORTER: exporter = 'otlp', OTEL_SDK_DISABLED: disabled = 'false' } = config;
  const url = whole ?? (base === undefined ? undefined : tracesBelow(base));
  if (url === undefined || exporter === 'none' || disabled.toLowerCase() === 'true') return null;
  if (exporter !== 'otlp') throw new StartRefused('OTEL_TRACES_EXPORTER: expected otlp or none');
  const headers = HEADERS.map((name): Otlp['headers'][number] => [name, config[name] ?? '']);
  return { url, protocol: protocolOf(config), headers };
}

function tracesBelow(base: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

function protocolOf(config: OtlpConfig): Otlp['protocol'] {
  const name =
    config.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL === undefined
      ? 'OTEL_EXPORTER_OTLP_PROTOCOL'
      : 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL';
  const given = config[name] ?? PROTOCOLS[0];
  const protocol = PROTOCOLS.find((known) => known === given);
  if (protocol) return protocol;
  const grpc = given === 'grpc' ? '; grpc is not supported' : '';
  throw new StartRefused(`${name}: expected ${PROTOCOLS.join(' or ')}${grpc}`);
}
