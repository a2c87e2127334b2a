import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { PAGE_SIZE_DEFAULT } from '../resource/page.ts';
import { overlapErrors } from './overlap.ts';

/** What one document may ask for (contract, section 3). `edges` and `node` do not count as depth. */
export const LIMITS = {
  queryCharacters: 100_000,
  depth: 10,
  introspectionDepth: 20,
  aliases: 100,
  /** Fragments counted where they are spread, as are the spreads themselves. */
  fields: 2_000,
  spreads: 2_000,
  /** Each of them is validated with all that it spreads. */
  operations: 100,
  /** Validation compares each two of them. */
  fragments: 150,
  directives: 40,
  tokens: 10_000,
  /** Brackets of any kind in one another: more than depth, arguments and JSON of 32 levels can need. */
  nesting: 200,
  pageProduct: 10_000,
  /** Lists that one document asks of the schema, each of `__schema` counted as five of `__type`: twice what tools ask for. */
  introspectionLists: 100,
};

interface Size {
  depth: number;
  introspectionDepth: number;
  fields: number;
  aliases: number;
  spreads: number;
  /** Fields of the names of introspection's lists, which count once `__schema` or `__type` is around them. */
  lists: number;
  introspectionLists: number;
}

const TRANSPARENT = new Set(['edges', 'node']);
const LISTS = new Set([
  'types',
  'directives',
  'fields',
  'args',
  'inputFields',
  'interfaces',
  'enumValues',
  'possibleTypes',
]);
/** What a list below it counts: `__schema` has every type of the graph, `__type` one. */
const LIST_WEIGHTS = new Map([
  ['__schema', 5],
  ['__type', 1],
]);

/** The bounds that are looked at before anything else. */
export function definitionErrors({ definitions }: DocumentNode): GraphQLError[] {
  const countOf = (kind: Kind) => definitions.filter((one) => one.kind === kind).length;
  const [operations, fragments] = [countOf(Kind.OPERATION_DEFINITION), countOf(Kind.FRAGMENT_DEFINITION)];
  if (operations > LIMITS.operations) return [tooMuch('operations', operations, LIMITS.operations)];
  return fragments > LIMITS.fragments ? [tooMuch('fragments', fragments, LIMITS.fragments)] : [];
}

/** Bounds of a document that hold whatever its variables; fragments count where they are spread. */
export function documentErrors(document: DocumentNode): GraphQLError[] {
  const fragments = fragmentsOf(document);
  const errors: GraphQLError[] = [];
  let directives = 0;
  visit(document, {
    Directive() {
      directives += 1;
    },
  });
  if (directives > LIMITS.directives) errors.push(tooMuch('directives', directives, LIMITS.directives));
  const sizes = new Map<string, Size>();
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const size = measure(operation.selectionSet, fragments, sizes);
    if (size.depth > LIMITS.depth) errors.push(tooMuch('depth', size.depth, LIMITS.depth));
    if (size.introspectionDepth > LIMITS.introspectionDepth)
      errors.push(tooMuch('depth', size.introspectionDepth, LIMITS.introspectionDepth));
    if (size.fields > LIMITS.fields) errors.push(tooMuch('fields', size.fields, LIMITS.fields));
    if (size.aliases > LIMITS.aliases) errors.push(tooMuch('aliases', size.aliases, LIMITS.aliases));
    if (size.spreads > LIMITS.spreads) errors.push(tooMuch('spreads', size.spreads, LIMITS.spreads));
    if (size.introspectionLists > LIMITS.introspectionLists)
      errors.push(tooMuch('introspection lists', size.introspectionLists, LIMITS.introspectionLists));
  }
  return errors.length > 0 ? errors : overlapErrors(document, fragments);
}

function tooMuch(what: string, count: number, limit: number): GraphQLError {
  return new GraphQLError(`The document exceeds a limit: ${what} ${count}, at most ${limit}.`);
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  return fragments;
}

/** Each fragment is measured once; none spreads itself. */
function measure(
  set: SelectionSetNode,
  fragments: Map<string, FragmentDefinitionNode>,
  sizes: Map<string, Size>,
): Size {
  const total: Size = { ...EMPTY };
  const add = (size: Size, level: number, isIntrospection: boolean) => {
    const deepest = isIntrospection ? 'introspectionDepth' : 'depth';
    total[deepest] = Math.max(
      total[deepest],
      Math.max(size.depth, isIntrospection ? size.introspectionDepth : 0) + level,
    );
    if (!isIntrospection) total.introspectionDepth = Math.max(total.introspectionDepth, size.introspectionDepth);
    total.fields += size.fields;
    total.aliases += size.aliases;
    total.spreads += size.spreads;
    total.lists += size.lists;
    total.introspectionLists += size.introspectionLists;
  };
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      const inner = selection.selectionSet ? measure(selection.selectionSet, fragments, sizes) : EMPTY;
      add(
        {
          ...inner,
          fields: inner.fields + 1,
          aliases: inner.aliases + (selection.alias ? 1 : 0),
          lists: inner.lists + (LISTS.has(name) ? 1 : 0),
          introspectionLists: inner.introspectionLists + inner.lists * (LIST_WEIGHTS.get(name) ?? 0),
        },
        TRANSPARENT.has(name) ? 0 : 1,
        name.startsWith('__'),
      );
    } else if (selection.kind === Kind.INLINE_FRAGMENT)
      add(measure(selection.selectionSet, fragments, sizes), 0, false);
    else {
      const inner = measureFragment(selection.name.value, fragments, sizes);
      add({ ...inner, spreads: inner.spreads + 1 }, 0, false);
    }
  }
  return total;
}

const EMPTY: Size = {
  depth: 0,
  introspectionDepth: 0,
  fields: 0,
  aliases: 0,
  spreads: 0,
  lists: 0,
  introspectionLists: 0,
};

function measureFragment(name: string, fragments: Map<string, FragmentDefinitionNode>, sizes: Map<string, Size>): Size {
  const known = sizes.get(name);
  if (known) return known;
  const fragment = fragments.get(name);
  if (!fragment) return EMPTY;
  const size = measure(fragment.selectionSet, fragments, sizes);
  sizes.set(name, size);
  return size;
}

/**
 * Refuses the largest product of page sizes along a path. It needs the variables where one of them decides a size; else
 * what is found out once holds for every call.
 */
export function pageProductTest(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): (variables: Record<string, unknown>) => GraphQLError[] {
  const fragments = fragmentsOf(document);
  const errorsOf = (variables: Record<string, unknown>) =>
    productErrors(largestProduct(operation.selectionSet, fragments, variables, new Set()));
  let varies = false;
  visit(document, {
    Argument({ name, value }) {
      varies ||= SIZES.has(name.value) && value.kind === Kind.VARIABLE;
    },
  });
  if (varies) return errorsOf;
  const errors = errorsOf({});
  return () => errors;
}

/** The arguments that say how many items are asked for. */
const SIZES = new Set(['first', 'last', 'ids']);

function productErrors(product: number): GraphQLError[] {
  if (product <= LIMITS.pageProduct) return [];
  return [
    new GraphQLError(
      `The page sizes along one path multiply to ${product}; at most ${LIMITS.pageProduct} items may be asked for.`,
    ),
  ];
}

function largestProduct(
  set: SelectionSetNode,
  fragments: Map<string, FragmentDefinitionNode>,
  variables: Record<string, unknown>,
  seen: Set<string>,
): number {
  let largest = 1;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragments.get(selection.name.value);
      if (!fragment || seen.has(selection.name.value)) continue;
      largest = Math.max(
        largest,
        largestProduct(fragment.selectionSet, fragments, variables, new Set([...seen, selection.name.value])),
      );
    } else if (selection.selectionSet) {
      const inner = largestProduct(selection.selectionSet, fragments, variables, seen);
      largest = Math.max(
        largest,
        inner * (selection.kind === Kind.FIELD ? pageSize(selection, fragments, variables) : 1),
      );
    }
  }
  return largest;
}

/** A field with `edges` or `nodes` is a page; `nodes(ids:)` is one of as many items as it has ids. */
function pageSize(
  field: FieldNode,
  fragments: Map<string, FragmentDefinitionNode>,
  variables: Record<string, unknown>,
): number {
  const argument = (name: string) => {
    const value = field.arguments?.find((one) => one.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE) return variables[value.name.value];
    if (value?.kind === Kind.LIST) return value.values;
    return value?.kind === Kind.INT ? Number(value.value) : undefined;
  };
  const ids = argument('ids');
  if (Array.isArray(ids)) return Math.max(1, ids.length);
  const sizes = [argument('first'), argument('last')].filter((size): size is number => typeof size === 'number');
  if (sizes.length > 0) return Math.max(1, ...sizes);
  return field.selectionSet && asksForItems(field.selectionSet, fragments, new Set()) ? PAGE_SIZE_DEFAULT : 1;
}

/** By a field of its own or of its fragments. */
function asksForItems(
  set: SelectionSetNode,
  fragments: Map<string, FragmentDefinitionNode>,
  seen: Set<string>,
): boolean {
  return set.selections.some((one) => {
    if (one.kind === Kind.FIELD) return one.name.value === 'edges' || one.name.value === 'nodes';
    if (one.kind === Kind.INLINE_FRAGMENT) return asksForItems(one.selectionSet, fragments, seen);
    const fragment = fragments.get(one.name.value);
    if (!fragment || seen.has(one.name.value)) return false;
    return asksForItems(fragment.selectionSet, fragments, seen.add(one.name.value));
  });
}
