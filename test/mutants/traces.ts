import type { Mutant } from './mutant.ts';

const traces = ['test/operations/tracing.test.ts'];
const traced = ['test/e2e/tracing.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'the words of a path name no span',
    file: 'src/process/observe/spans.ts',
    edits: [['visit.isRoute ? visit.route : undefined', 'visit.route']],
    tests: traces,
  },
  {
    breaks: 'an access line names the trace of its span',
    file: 'src/process/observe/spans.ts',
    edits: [['visit.traceId = span.spanContext().traceId;', '']],
    tests: traces,
  },
  {
    breaks: 'calls of the store lie below their request',
    file: 'src/process/observe/spans.ts',
    edits: [['      },\n      within,\n    );', '      },\n      ROOT_CONTEXT,\n    );']],
    tests: traces,
  },
  {
    breaks: 'a trace goes on where a request comes with one',
    file: 'src/process/observe/spans.ts',
    edits: [['propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)', 'ROOT_CONTEXT']],
    tests: traces,
  },
  {
    breaks: 'what is done for others has the trace of the request that caused it',
    file: 'src/process/admission.ts',
    edits: [["visit.method === 'GET' ? undefined : visit.span?.trace", 'undefined']],
    tests: traces,
  },
  {
    breaks: 'a webhook is told with the trace of its request, whoever delivers it',
    file: 'src/resource/audit-event.ts',
    edits: [['requestId, trace, privateTo };\n      return', 'requestId, trace: null, privateTo };\n      return']],
    tests: traces,
  },
  {
    breaks: 'a webhook is told the trace',
    file: 'src/process/runner/webhooks/calling.ts',
    edits: [['...call?.headers, ', '']],
    tests: traces,
  },
  {
    breaks: 'so is the provider of a health check',
    file: 'src/nouns/provider-accounts/probe.ts',
    edits: [['...call?.headers, ', '']],
    tests: traces,
  },
  {
    breaks: 'a collector that is away is told once a minute',
    file: 'src/process/observe/tracing.ts',
    edits: [['if (performance.now() - toldAt < MINUTE_MS) return;', '']],
    tests: traces,
  },
  {
    breaks: 'without an endpoint nothing is loaded',
    file: 'src/process/observe/observe.ts',
    edits: [
      [
        "  if (!otlp) return { deps, traced: UNTRACED };\n  const { openTracing } = await import('./tracing.ts');",
        "  const { openTracing } = await import('./tracing.ts');\n  if (!otlp) return { deps, traced: UNTRACED };",
      ],
    ],
    tests: traced,
  },
  {
    breaks: 'a shutdown sends the spans that are left',
    file: 'src/process/main.ts',
    edits: [['Promise.all([observer.flush(), stopped.then(observer.flush)])', 'stopped']],
    tests: traced,
  },
  {
    breaks: 'spans that were dropped are told',
    file: 'src/process/observe/tracing.ts',
    edits: [["  hearDropped(seldom(log, 'traces were dropped: more came than could wait to be sent'));\n", '']],
    tests: traces,
  },
  {
    breaks: 'what the SDK of OpenTelemetry would pass over is told',
    file: 'src/process/observe/tracing.ts',
    edits: [['if (said.length > 0)', 'if (said.length > 99)']],
    tests: traces,
  },
  {
    breaks: 'attributes that cannot be read are not repeated',
    file: 'src/process/observe/sdk-words.ts',
    edits: [["if (text.startsWith('EnvDetector failed'))", "if (text === '')"]],
    tests: traces,
  },
];
