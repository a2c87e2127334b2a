import { h } from 'preact';
import { useId } from 'preact/hooks';

export type Option = readonly [value: string, label: string];

interface Props {
  label: string;
  options: readonly Option[];
  /** Where there are more than the options, what is none of them can be named by its id. */
  isWhole: boolean;
  /** What the choice of none of them is called; unset: one has to be chosen. */
  none?: string;
  /** Its name in a form. */
  name?: string;
  /** The value that is chosen, where that stands elsewhere. */
  chosen?: string;
  choose?: (value: string) => void;
}

/** One of a list, by a menu; by its id or name where the list is too long for one. */
export function Choice({ label, options, isWhole, none, name, chosen, choose }: Props) {
  const list = useId();
  const field = {
    name,
    ...(chosen === undefined ? {} : { value: chosen }),
    onChange: (event: Event) => choose?.(meant(options, (event.currentTarget as HTMLInputElement).value)),
  };
  return h(
    'label',
    { class: 'field' },
    h('span', null, label),
    isWhole
      ? h('select', field, none !== undefined && h('option', { value: '' }, none), options.map(optionOf))
      : h('input', { ...field, list, required: none === undefined, autocomplete: 'off', placeholder: 'name or id' }),
    !isWhole && h('datalist', { id: list }, options.map(optionOf)),
  );
}

function optionOf([value, label]: Option) {
  return h('option', { key: value, value }, label);
}

/** The value that somebody meant who wrote a name; a value, or the id of something that is no option, as it is. */
export function meant(options: readonly Option[], written: string): string {
  const text = written.trim();
  const isValue = options.some(([value]) => value === text);
  return isValue ? text : (options.find(([, label]) => label === text)?.[0] ?? text);
}

interface Listed<Node> {
  totalCount: number;
  nodes: readonly Node[];
}

/** The options that a list of the graph gives, of what has an id and a name. */
export function optionsOf<K extends string>(
  listed: Listed<Record<K, string> & { name: string }> | null | undefined,
  id: K,
): { options: Option[]; isWhole: boolean } {
  const { nodes = [], totalCount = 0 } = listed ?? {};
  return { options: nodes.map((one) => [one[id], one.name] as const), isWhole: nodes.length >= totalCount };
}
