import fc, { type Arbitrary, type GeneratorValue } from 'fast-check';
import {
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
  GraphQLNonNull,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  validate,
} from 'graphql';
import { LIMITS } from '../../src/graphql/limits.ts';
import { required } from '../required.ts';

/** A valid document over a schema, and variables for it: absent, null, given or left to their defaults. */
export interface Made {
  query: string;
  variables: Record<string, unknown>;
}

/** What a test knows better than the generator: a text for an argument or field of this name. */
export type Hint = (name: string) => string | undefined;

export interface Options {
  kind?: 'query' | 'mutation';
  hint?: Hint;
  depth?: number;
}

/** Documents that use all that a document can: see the functions below, each of them one choice after the other. */
export function documents(schema: GraphQLSchema, options: Options = {}): Arbitrary<Made> {
  const isValid = ({ query }: Made) => validate(schema, parse(query)).length === 0;
  return fc.gen().map((draw) => {
    // Nine of ten are valid; `filter` would make the same one again.
    for (;;) {
      const made = new Draft(schema, draw, options).finish();
      if (isValid(made)) return made;
    }
  });
}

/** Keys that objects have by inheritance, and what looks like a promise or an array index. */
const ODD_KEYS = ['__proto__', 'constructor', 'toString', 'then', 'hasOwnProperty', '_0'];
const JSON_KEYS = ['a', 'b', 'tier', 'toString'];

class Draft {
  readonly #schema: GraphQLSchema;
  readonly #draw: GeneratorValue;
  readonly #options: Options;
  readonly #definitions = new Map<string, { type: string; text: string }>();
  readonly #variables: Record<string, unknown> = {};
  readonly #fragments: { on: string; text: string }[] = [];
  /** The arguments of a field are mostly the same wherever it stands, so that selections merge. */
  readonly #arguments = new Map<string, string>();
  #aliases = 0;
  #directivesLeft = LIMITS.directives;

  constructor(schema: GraphQLSchema, draw: GeneratorValue, options: Options) {
    this.#schema = schema;
    this.#draw = draw;
    this.#options = options;
  }

  finish(): Made {
    const kind = this.#options.kind ?? 'query';
    const root = required(kind === 'query' ? this.#schema.getQueryType() : this.#schema.getMutationType());
    const selection = this.#selection(root, this.#options.depth ?? 4);
    const definitions = [...this.#definitions].map(([name, { text }]) => `$${name}: ${text}`).join(', ');
    const fragments = this.#fragments.map(({ on, text }, at) => `fragment F${at} on ${on} ${text}`);
    const operation = `${kind} Q${definitions && `(${definitions})`} ${selection}`;
    return { query: [operation, ...fragments].join('\n'), variables: this.#variables };
  }

  #nat(max: number): number {
    return this.#draw(fc.nat, { max });
  }

  #oneIn(n: number): boolean {
    return this.#nat(n - 1) === n - 1;
  }

  #pick<T>(items: readonly T[]): T {
    // Null is an item like others.
    return items[this.#nat(items.length - 1)] as T;
  }

  #selection(type: GraphQLNamedType, depth: number): string {
    const parts = Array.from({ length: 1 + this.#nat(3) }, () => this.#part(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  #part(type: GraphQLNamedType, depth: number): string {
    const choice = this.#nat(9);
    if (depth > 0 && choice === 9) return this.#spread(type, depth);
    if (depth > 0 && choice === 8) {
      const on = this.#condition(type);
      const named = on === type && this.#oneIn(2) ? '' : ` on ${on.name}`;
      return `...${named}${this.#directives()} ${this.#selection(on, depth - 1)}`;
    }
    return this.#field(type, depth);
  }

  /** A type that a fragment within this one may be on. */
  #condition(type: GraphQLNamedType): GraphQLNamedType {
    if (!isAbstractType(type)) {
      const interfaces = isObjectType(type) ? type.getInterfaces() : [];
      return this.#pick([type, type, ...interfaces]);
    }
    return this.#pick([type, ...this.#schema.getPossibleTypes(type)]);
  }

  /** A known fragment again, or a new one, sometimes at once a second time. */
  #spread(type: GraphQLNamedType, depth: number): string {
    const on = this.#condition(type);
    const known = this.#fragments.flatMap((one, at) => (one.on === on.name ? [at] : []));
    const spread = (at: number) => `...F${at}${this.#directives()}`;
    if (known.length > 0 && !this.#oneIn(3)) return spread(this.#pick(known));
    const text = this.#selection(on, depth - 1);
    const at = this.#fragments.push({ on: on.name, text }) - 1;
    return this.#oneIn(3) ? `${spread(at)} ${spread(at)}` : spread(at);
  }

  #directives(): string {
    const condition = () => {
      if (this.#oneIn(2)) return String(this.#oneIn(2));
      return this.#variable(this.#oneIn(4) ? 'Boolean = true' : 'Boolean!', 'Boolean', () => this.#oneIn(2));
    };
    const one = (name: string) => {
      this.#directivesLeft -= 1;
      return ` @${name}(if: ${condition()})`;
    };
    if (this.#directivesLeft < 2) return '';
    return (this.#oneIn(5) ? one('include') : '') + (this.#oneIn(8) ? one('skip') : '');
  }

  #field(type: GraphQLNamedType, depth: number): string {
    const all: readonly GraphQLField<unknown, unknown>[] =
      'getFields' in type ? (Object.values(type.getFields()) as GraphQLField<unknown, unknown>[]) : [];
    const usable = all.filter((field) => depth > 0 || isLeafType(getNamedType(field.type)));
    const isRoot = type === this.#schema.getQueryType();
    if (isRoot && this.#oneIn(20)) usable.push(SchemaMetaFieldDef, TypeMetaFieldDef);
    if (usable.length === 0 || this.#oneIn(10)) return `${this.#oneIn(3) ? 't: ' : ''}__typename${this.#directives()}`;
    const field = this.#pick(usable);
    const inner = getNamedType(field.type);
    const [alias, args] = this.#argumentsOf(type, field);
    const selection = isCompositeType(inner) ? ` ${this.#selection(inner, depth - 1)}` : '';
    return `${alias}${field.name}${args}${this.#directives()}${selection}`;
  }

  #argumentsOf(type: GraphQLNamedType, field: GraphQLField<unknown, unknown>): [string, string] {
    const place = `${type.name}.${field.name}`;
    const known = this.#arguments.get(place);
    if (known !== undefined && !this.#oneIn(4)) return ['', known];
    const given = field.args.filter(
      (arg) => (isNonNullType(arg.type) && arg.defaultValue === undefined) || this.#oneIn(2),
    );
    const texts = given.map(
      (arg) => `${arg.name}: ${this.#value(arg.type, arg.name, 4, arg.defaultValue !== undefined)}`,
    );
    const args = texts.length > 0 ? `(${texts.join(', ')})` : '';
    this.#arguments.set(place, known ?? args);
    if (known === undefined && !this.#oneIn(4)) return ['', args];
    this.#aliases += 1;
    return [this.#oneIn(6) ? `${this.#pick(ODD_KEYS)}: ` : `a${this.#aliases}: `, args];
  }

  /** A value of a type as a document writes it, with variables wherever one may stand. */
  #value(type: GraphQLInputType, name: string, depth: number, hasDefault = false): string {
    if (this.#oneIn(3)) return this.#variableOf(type, name, hasDefault);
    return this.#literal(type, name, depth, true);
  }

  #literal(type: GraphQLInputType, name: string, depth: number, variables: boolean): string {
    if (!isNonNullType(type) && this.#oneIn(6)) return 'null';
    const value = (of: GraphQLInputType, at: string, has = false) =>
      variables ? this.#value(of, at, depth - 1, has) : this.#literal(of, at, depth - 1, false);
    const plain = getNullableType(type);
    if (isListType(plain)) {
      if (this.#oneIn(5)) return this.#literal(plain.ofType, name, depth, variables);
      return `[${Array.from({ length: this.#nat(2) }, () => value(plain.ofType, name)).join(', ')}]`;
    }
    if (isInputObjectType(plain)) {
      const fields = this.#fieldsOf(plain, depth);
      const texts = fields.map(
        (field) =>
          `${field.name}: ${value(plain.isOneOf ? new GraphQLNonNull(getNullableType(field.type)) : field.type, field.name, field.defaultValue !== undefined)}`,
      );
      return `{${texts.join(', ')}}`;
    }
    if (isEnumType(plain)) return this.#pick(plain.getValues()).name;
    if (plain.name === 'JSON') return this.#json(depth, variables, false);
    if (plain.name === 'JSONObject') return this.#jsonObject(depth, variables);
    return JSON.stringify(this.#scalar(plain.name, name));
  }

  #fieldsOf(type: GraphQLInputObjectType, depth: number): GraphQLInputField[] {
    const fields = Object.values(type.getFields());
    if (type.isOneOf) return [this.#pick(depth > 0 ? fields : fields.slice(0, 1))];
    const isRequired = (field: GraphQLInputField) => isNonNullType(field.type) && field.defaultValue === undefined;
    return fields.filter((field) => isRequired(field) || (depth > 0 && this.#oneIn(3)));
  }

  /** A free-form literal; a variable of any type may stand inside it. */
  #json(depth: number, variables: boolean, isInside = true): string {
    if (isInside && variables && this.#oneIn(3)) {
      const scalar = this.#pick(
        ['String', 'Int', 'Boolean', 'JSON'].map((one) => this.#schema.getType(one)).filter(Boolean),
      );
      return this.#variableOf(scalar as GraphQLInputType, 'free', false);
    }
    if (depth > 0 && this.#oneIn(3)) return this.#jsonObject(depth - 1, variables);
    if (depth > 0 && this.#oneIn(4))
      return `[${Array.from({ length: this.#nat(2) }, () => this.#json(depth - 1, variables)).join(', ')}]`;
    return this.#pick(['1', '"x"', 'true', 'null', '1.5', 'WORD']);
  }

  #jsonObject(depth: number, variables: boolean): string {
    const keys = JSON_KEYS.filter(() => this.#oneIn(3));
    return `{${keys.map((key) => `${key}: ${this.#json(depth - 1, variables)}`).join(', ')}}`;
  }

  #variableOf(type: GraphQLInputType, name: string, hasDefault: boolean): string {
    const nullable = String(getNullableType(type));
    const isRequired = isNonNullType(type) && !hasDefault;
    const withDefault = () => {
      const literal = this.#literal(getNullableType(type), name, 3, false);
      return isRequired && literal === 'null' ? `${nullable}!` : `${nullable} = ${literal}`;
    };
    const text = this.#oneIn(3) ? withDefault() : isRequired || this.#oneIn(3) ? `${nullable}!` : nullable;
    return this.#variable(text, nullable, () => this.#given(type, name, 3));
  }

  /** One of these that is there already, or a new one and what it is given. */
  #variable(text: string, nullable: string, given: () => unknown): string {
    const known = [...this.#definitions].filter(([, one]) => one.text === text);
    if (known.length > 0 && this.#oneIn(2)) return `$${this.#pick(known)[0]}`;
    const odd = this.#oneIn(20) ? ODD_KEYS.find((key) => !this.#definitions.has(key)) : undefined;
    const name = odd ?? `v${this.#definitions.size}`;
    this.#definitions.set(name, { type: nullable, text });
    const isRequired = text.endsWith('!') && !text.includes(' = ');
    const choice = this.#nat(5);
    if (isRequired || choice > 2) this.#variables[name] = given();
    else if (choice === 2) this.#variables[name] = null;
    return `$${name}`;
  }

  /** A value of a type as JSON carries it; now and then one that the type refuses. */
  #given(type: GraphQLInputType, name: string, depth: number): unknown {
    if (!isNonNullType(type) && this.#oneIn(6)) return null;
    if (this.#oneIn(150)) return this.#pick<unknown>([{ odd: 1 }, 'odd', 1.5, [[null]]]);
    const plain = getNullableType(type);
    if (isListType(plain)) {
      if (this.#oneIn(5)) return this.#given(plain.ofType, name, depth);
      return Array.from({ length: this.#nat(2) }, () => this.#given(plain.ofType, name, depth));
    }
    if (isInputObjectType(plain)) {
      const fields = this.#fieldsOf(plain, depth);
      return Object.fromEntries(fields.map((field) => [field.name, this.#given(field.type, field.name, depth - 1)]));
    }
    if (isEnumType(plain)) return this.#pick(plain.getValues()).name;
    if (plain.name === 'JSON') return this.#pick<unknown>([1, 'x', null, { a: null, b: [1] }, []]);
    if (plain.name === 'JSONObject') return this.#pick<object>([{}, { a: null }, { tier: 'x', toString: 1 }]);
    return this.#scalar(plain.name, name);
  }

  #scalar(type: string, name: string): unknown {
    switch (type) {
      case 'Int':
      case 'Strict':
        return this.#nat(3);
      case 'SafeInt':
        return this.#pick([0, 5, 2 ** 40]);
      case 'Float':
        return this.#pick([0, 1.5, -3]);
      case 'Boolean':
        return this.#oneIn(2);
      case 'DateTime':
        return '2030-01-01T00:00:00Z';
      default:
        return this.#options.hint?.(name) ?? this.#pick(['', 'x', 'é', 'name']);
    }
  }
}
