import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { required } from '../required.ts';

type Value = string | number | boolean;

export interface SentSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  kind: number;
  status: { code?: number };
  start: number;
  end: number;
  attributes: Record<string, Value>;
  resource: Record<string, Value>;
}

export interface Collector {
  url: string;
  spans: SentSpan[];
  /** Every call: what it was sent as, and how long it was. */
  calls: { path: string; type: string; bytes: number; authorization: string | undefined }[];
  /** The status of its answers; 0: it does not answer. */
  status: number;
  close(): Promise<void>;
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
}

function read(attributes: Attribute[]): Record<string, Value> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? doubleValue ?? boolValue ?? Number(intValue),
    ]),
  );
}

type Sent = Omit<SentSpan, 'start' | 'end' | 'attributes' | 'resource'> & {
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
};
interface Body {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Sent[] }[] }[];
}

function spansOf({ resourceSpans }: Body): SentSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        start: Number(span.startTimeUnixNano) / 1e6,
        end: Number(span.endTimeUnixNano) / 1e6,
        attributes: read(span.attributes),
        resource: read(resource.attributes),
      })),
    ),
  );
}

/** A receiver of OTLP over HTTP; of protobuf it tells no more than that it came. */
export async function startCollector(): Promise<Collector> {
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const type = String(req.headers['content-type']);
    collector.calls.push({
      path: required(req.url),
      type,
      bytes: body.length,
      authorization: req.headers.authorization,
    });
    if (type === 'application/json' && collector.status === 200)
      collector.spans.push(...spansOf(JSON.parse(body.toString())));
    if (collector.status !== 0)
      res.writeHead(collector.status, { 'Content-Type': type }).end(type === 'application/json' ? '{}' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    calls: [],
    status: 200,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return collector;
}
