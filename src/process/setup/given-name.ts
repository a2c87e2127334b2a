import { name } from '../../validation/fields.ts';
import { walk } from '../../validation/walk.ts';

/** A name as the API stores it; one that it would refuse is refused here, in its words. */
export function readName(given: string, refused: (why: string) => Error): string {
  const { value, issues } = walk(name('The name.'), given, ['name'], { naming: 'camel' });
  const [issue] = issues;
  if (issue) throw refused(issue.msg.replace(/^Value error, /, ''));
  return value;
}
