import type { Fields } from '../resource/field/field.ts';
import { snake } from '../words/naming.ts';

/** What replies show of such fields, in their order, aliased to the documented names. */
export function selectionOf(fields: Fields): string {
  const shown = Object.entries(fields).flatMap(([name, { shown, place }]) => {
    if (!shown || shown.rest === null || place === 'given') return [];
    const wire = snake(shown.rest ?? name);
    const inner = typeof shown.type === 'object' && 'fields' in shown.type ? selectionOf(shown.type.fields) : null;
    return [(wire === name ? name : `${wire}: ${name}`) + (inner === null ? '' : ` { ${inner} }`)];
  });
  return shown.join(' ');
}
