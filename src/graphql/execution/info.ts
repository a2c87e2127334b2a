import type { GraphQLResolveInfo } from 'graphql';
import type { FieldPlan, Path, Run } from './plan.ts';

/** What a resolver is told of its field. Few look at any of it: so it is found where somebody asks. */
export class Info implements GraphQLResolveInfo {
  readonly path: Path;
  readonly #run: Run;
  readonly #field: FieldPlan;

  constructor(run: Run, field: FieldPlan, path: Path) {
    this.#run = run;
    this.#field = field;
    this.path = path;
  }

  get fieldName() {
    return this.#field.definition.name;
  }

  get fieldNodes() {
    return this.#field.nodes;
  }

  get returnType() {
    return this.#field.definition.type;
  }

  get parentType() {
    return this.#field.parentType;
  }

  get schema() {
    return this.#run.plan.schema;
  }

  get fragments() {
    return this.#run.plan.fragments;
  }

  get rootValue() {
    return this.#run.rootValue;
  }

  get operation() {
    return this.#run.plan.operation;
  }

  get variableValues() {
    return this.#run.variables;
  }
}
