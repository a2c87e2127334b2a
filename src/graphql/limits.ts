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
import { PAGE_SIZE_DEFAULT } from '../paging.ts';
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
  /** Validation compares each two of them. */
  fragments: 150,
  directives: 40,
  tokens: 10_000,
  /** Brackets of any kind in one another: more than depth, arguments and JSON of 32 levels can need. */
  nesting: 200,
  pageProduct: 10_000,
};

interface Size {
  depth: number;
  introspectionDepth: number;
  fields: number;
  aliases: number;
  spreads: number;
}

const TRANSPARENT = new Set(['edges', 'node']);

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
  if (fragments.size > LIMITS.fragments) errors.push(tooMuch('fragments', fragments.size, LIMITS.fragments));
  if (directives > LIMITS.directives) errors.push(tooMuch('directives', directives, LIMITS.directives));
  const sizes = new Map<string, Size | null>();
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const size = measure(operation.selectionSet, fragments, sizes);
    if (size.depth > LIMITS.depth) errors.push(tooMuch('depth', size.depth, LIMITS.depth));
    if (size.introspectionDepth > LIMITS.introspectionDepth)
      errors.push(tooMuch('depth', size.introspectionDepth, LIMITS.introspectionDepth));
    if (size.fields > LIMITS.fields) errors.push(tooMuch('fields', size.fields, LIMITS.fields));
    if (size.aliases > LIMITS.aliases) errors.push(tooMuch('aliases', size.aliases, LIMITS.aliases));
    if (size.spreads > LIMITS.spreads) errors.push(tooMuch('spreads', size.spreads, LIMITS.spreads));
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

/** Each fragment is measured once; one that spreads itself counts as nothing here and is refused by validation. */
function measure(
  set: SelectionSetNode,
  fragments: Map<string, FragmentDefinitionNode>,
  sizes: Map<string, Size | null>,
): Size {
  const total: Size = { depth: 0, introspectionDepth: 0, fields: 0, aliases: 0, spreads: 0 };
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
  };
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      const inner = selection.selectionSet ? measure(selection.selectionSet, fragments, sizes) : EMPTY;
      add(
        { ...inner, fields: inner.fields + 1, aliases: inner.aliases + (selection.alias ? 1 : 0) },
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

const EMPTY: Size = { depth: 0, introspectionDepth: 0, fields: 0, aliases: 0, spreads: 0 };

function measureFragment(
  name: string,
  fragments: Map<string, FragmentDefinitionNode>,
  sizes: Map<string, Size | null>,
): Size {
  const known = sizes.get(name);
  if (known !== undefined) return known ?? EMPTY;
  const fragment = fragments.get(name);
  if (!fragment) return EMPTY;
  sizes.set(name, null);
  const size = measure(fragment.selectionSet, fragments, sizes);
  sizes.set(name, size);
  return size;
}

/** The largest product of page sizes along a path; needs the variables, so it is checked before each execution. */
export function pageProductErrors(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): GraphQLError[] {
  const product = largestProduct(operation.selectionSet, fragmentsOf(document), variables, new Set());
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
      largest = Math.max(largest, inner * (selection.kind === Kind.FIELD ? pageSize(selection, variables) : 1));
    }
  }
  return largest;
}

/** A field with `edges` or `nodes` is a page; `nodes(ids:)` is one of as many items as it has ids. */
function pageSize(field: FieldNode, variables: Record<string, unknown>): number {
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
  const isPage = field.selectionSet!.selections.some(
    (one) => one.kind === Kind.FIELD && ['edges', 'nodes'].includes(one.name.value),
  );
  return isPage ? PAGE_SIZE_DEFAULT : 1;
}
