import {
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import type { MaybePromise } from '../../store/store.ts';
import { type Pace, pace as processPace } from '../../words/pace.ts';
import { addError } from './failure.ts';
import { answerFields, answerFieldsInTurn } from './fields.ts';
import { inPlace } from './in-place.ts';
import type { Plan, Run, Selection } from './plan.ts';
import { isPromise } from './promise.ts';
import { selectionOf } from './selection.ts';
import { type Coerced, type Variables, variableReader } from './variables.ts';

/** One operation of a valid document, ready for any number of calls. */
export interface Executable {
  node: OperationDefinitionNode;
  /** The variables as the operation declares them, or what is wrong with those given. */
  coerce(given: Variables): Coerced;
  /** Answers a call whose variables are coerced already; the root fields are given `rootValue` as their parent. */
  execute(context: unknown, variables: Variables, rootValue?: object): MaybePromise<ExecutionResult>;
  /** The first root field and its arguments: all that a subscription has. */
  root(variables: Variables): { definition: GraphQLField<unknown, unknown>; args: Record<string, unknown> };
}

/** Plans of one operation that are kept: it has one for each set of values of its conditions. */
const PLANS_MAX = 8;

/**
 * The product's own executor. It does what graphql-js does, field for field, on the first call as on every later one; what
 * it saves is finding out again, at each call and for each object, which fields are asked for and how they are answered.
 */
export function prepareOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
  pace: Pace = processPace,
): Executable {
  const fragments = fragmentsOf(document);
  const conditions = conditionsOf(document);
  const plans = new Map<string, Plan>();
  const planFor = (variables: Variables): Plan => {
    // True, false, null or absent: whatever else a condition is given is refused before.
    const key = conditions.map((name) => (Object.hasOwn(variables, name) ? variables[name] : '')).join();
    let plan = plans.get(key);
    if (!plan) {
      if (plans.size === PLANS_MAX) plans.clear();
      plan = planOf({ schema, fragments, operation: node, conditions: pick(variables, conditions) });
      plans.set(key, plan);
    }
    return plan;
  };
  const roots = new WeakMap<Plan, Selection>();
  const rootType = schema.getRootType(node.operation);
  if (!rootType) throw new Error(`the graph has no ${node.operation}`);
  const rootOf = (plan: Plan): Selection => {
    const root = roots.get(plan) ?? selectionOf(plan, rootType, [node]);
    roots.set(plan, root);
    return root;
  };
  return {
    node,
    coerce: variableReader(schema, node),
    root(variables) {
      const [field] = rootOf(planFor(variables)).fields;
      if (!field) throw new Error('the operation asks for nothing');
      return { definition: field.definition, args: field.readArguments(variables) };
    },
    execute(context, variables, rootValue = {}) {
      const plan = planFor(variables);
      const run: Run = { plan, variables, context, rootValue, errors: [], nulled: new Set(), pace, values: 0 };
      const failed = (error: unknown): ExecutionResult => {
        addError(run, error as GraphQLError, undefined);
        return { errors: run.errors, data: null };
      };
      try {
        const root = rootOf(plan);
        const inTurn = node.operation === OperationTypeNode.MUTATION;
        const data = inTurn ? answerFieldsInTurn(run, root) : answerFields(run, root, run.rootValue, undefined);
        return isPromise(data) ? data.then((settled) => answer(run, settled), failed) : answer(run, data);
      } catch (error) {
        return failed(error);
      } finally {
        plan.isKnown = true;
      }
    },
  };
}

function planOf(known: Omit<Plan, 'isKnown' | 'select'>): Plan {
  const plan: Plan = { ...known, isKnown: false, select: (type, nodes) => selectionOf(plan, type, nodes) };
  return plan;
}

function answer({ errors }: Run, data: Record<string, unknown>): ExecutionResult {
  return errors.length === 0 ? { data } : { errors: inPlace(errors, data), data };
}

function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments[node.name.value] = node;
  return fragments;
}

/** The variables that decide which fields are asked for. */
function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ arguments: given }) {
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

function pick(variables: Variables, names: readonly string[]): Variables {
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(variables, name) ? [[name, variables[name]]] : [])));
}
