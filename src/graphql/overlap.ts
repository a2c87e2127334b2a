import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** Fields of one name at one place of the answer. */
const EQUAL_FIELDS_MAX = 100;
/**
 * Validation compares each two fields of one name at one place: cheap within one selection set, some three times as dear
 * between two. This many of the cheap ones take some 25 ms.
 */
const COMPARISONS_MAX = 100_000;
/** The fields and fragments that are looked at here, those of fragments wherever they are spread. */
const STEPS_MAX = 20_000;

/** Refuses what would take validation too long, before it begins; the first reason found, or nothing. */
export function overlapErrors(
  document: DocumentNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): GraphQLError[] {
  const count: Count = { comparisons: 0, steps: 0, equal: 0, fragments };
  for (const definition of document.definitions)
    if ('selectionSet' in definition && definition.selectionSet) countPlace(count, [definition.selectionSet]);
  const { equal, comparisons, steps } = count;
  const tooMuch = (what: string, found: number, limit: number) => [
    new GraphQLError(`The document exceeds a limit: ${what} ${found}, at most ${limit}.`),
  ];
  if (equal > EQUAL_FIELDS_MAX) return tooMuch('equal fields side by side', equal, EQUAL_FIELDS_MAX);
  if (comparisons > COMPARISONS_MAX) return tooMuch('comparisons of equal fields', comparisons, COMPARISONS_MAX);
  return steps > STEPS_MAX ? tooMuch('fields and fragments', steps, STEPS_MAX) : [];
}

interface Count {
  comparisons: number;
  steps: number;
  /** The most fields of one name at one place. */
  equal: number;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

interface Group {
  nodes: FieldNode[];
  /** How many of them each selection set holds. */
  perSet: Map<SelectionSetNode, number>;
}

/** One place of the answer: all selection sets that meet there. */
function countPlace(count: Count, sets: readonly SelectionSetNode[]): void {
  const groups = new Map<string, Group>();
  for (const set of sets) gather(count, set, set, groups, new Set());
  for (const { nodes, perSet } of groups.values()) {
    count.equal = Math.max(count.equal, nodes.length);
    count.comparisons += 3 * pairs(nodes.length);
    for (const held of perSet.values()) count.comparisons -= 2 * pairs(held);
    if (isOver(count)) return;
    const below = nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
    if (below.length > 0) countPlace(count, below);
  }
}

/** The fields of an inline fragment belong to the set around it. */
function gather(
  count: Count,
  owner: SelectionSetNode,
  set: SelectionSetNode,
  groups: Map<string, Group>,
  spread: Set<string>,
): void {
  for (const selection of set.selections) {
    count.steps += 1;
    if (isOver(count)) return;
    if (selection.kind === Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value;
      const group: Group = groups.get(key) ?? { nodes: [], perSet: new Map() };
      groups.set(key, group);
      group.nodes.push(selection);
      group.perSet.set(owner, (group.perSet.get(owner) ?? 0) + 1);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) gather(count, owner, selection.selectionSet, groups, spread);
    else if (!spread.has(selection.name.value)) {
      // As validation has it: a fragment counts once at a place, and one that spreads itself ends here.
      spread.add(selection.name.value);
      const fragment = count.fragments.get(selection.name.value);
      if (fragment) gather(count, fragment.selectionSet, fragment.selectionSet, groups, spread);
    }
  }
}

function isOver({ equal, comparisons, steps }: Count): boolean {
  return equal > EQUAL_FIELDS_MAX || comparisons > COMPARISONS_MAX || steps > STEPS_MAX;
}

function pairs(n: number): number {
  return (n * (n - 1)) / 2;
}
