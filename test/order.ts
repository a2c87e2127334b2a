import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, longest first: begun last, one of them would run on alone. */
const LONG = [
  'parity',
  'races',
  'start',
  'crash',
  'health',
  'paging',
  'migration',
  'durability',
  'older-documents',
  'breaker',
  'grants',
  'shutdown',
  'network',
  'mongo',
  'routing-world',
  'pressure',
  'decisions',
  'readme',
  'slow',
  'running',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at === -1 ? LONG.length : at;
    };
    return [...files].sort((a, b) => place(a) - place(b) || a.moduleId.localeCompare(b.moduleId));
  }
}
