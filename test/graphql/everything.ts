import { buildSchema, type GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/** What the graph does not use yet, and may one day: unions, interfaces of interfaces, defaults, lists of lists. */
export const everything = buildSchema(`
  scalar JSON
  scalar Strict
  enum Color { RED GREEN BLUE }
  interface Named { name: String! }
  interface Node implements Named { id: ID!, name: String! }
  type Cat implements Node & Named { id: ID!, name: String!, lives: Int, friends(first: Int! = 3, filter: Filter = {depth: 1}): [Pet!], self: Cat! }
  type Dog implements Node & Named { id: ID!, name: String!, barks: Boolean, color: Color!, owner: Named }
  type Person implements Named { name: String!, pets(only: [Color!]! = [RED]): [Pet]!, best: Pet!, grid: [[Int!]!] , json(value: JSON): JSON }
  union Pet = Cat | Dog
  input Filter { depth: Int! = 2, color: Color = GREEN, not: Filter, any: [Filter!], ids: [ID], grid: [[Int]], free: JSON, strict: Strict }
  input Choice @oneOf { a: Int, b: String, c: Filter }
  type Query { pet(id: ID!): Pet, pets(filter: Filter!, colors: [Color] = [RED, null]): [Pet!]!, node(id: ID!, free: JSON): Node, named: [Named],
    person(filter: Filter, grid: [[Int!]], strict: Strict! = 3): Person!, choose(choice: Choice, choices: [Choice!]): Float }
  type Mutation { adopt(input: Filter!): Person, rename(name: String! = "x", free: JSON!): Pet, free(colors: [Color!]): Int! }
`);

/** As the graph's own free-form scalar reads its literals. */
function literal(node: ValueNode, variables: Record<string, unknown>): unknown {
  if (node.kind === Kind.LIST) return node.values.map((item) => literal(item, variables));
  if (node.kind === Kind.OBJECT)
    return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, literal(value, variables)]));
  if (node.kind === Kind.VARIABLE) return variables[node.name.value];
  return node.kind === Kind.NULL ? null : node.value;
}

const json = everything.getType('JSON') as GraphQLScalarType;
json.parseLiteral = (node, variables) => literal(node, variables ?? {});
json.extensions = { shows: 'json' };
// A scalar whose reading is not its writing, and which refuses what others take.
const strict = everything.getType('Strict') as GraphQLScalarType;
const number = (value: unknown) => {
  if (typeof value !== 'number' || value < 0) throw new TypeError('Strict must be a number from 0');
  return { strict: value };
};
strict.parseValue = number;
strict.parseLiteral = (node) => number(node.kind === Kind.INT ? Number(node.value) : null);
