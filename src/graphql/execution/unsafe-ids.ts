import {
  GraphQLError,
  GraphQLID,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type VariableDefinitionNode,
} from 'graphql';

/**
 * What is wrong with a variable's ids. GraphQL takes whole numbers for them; of one beyond ±(2^53 − 1) reading JSON has
 * already made another, which would be looked for, or stored, in its place.
 */
export function unsafeIds(definition: VariableDefinitionNode, type: GraphQLInputType, value: unknown): GraphQLError[] {
  const name = definition.variable.name.value;
  return numbersOf(type, value, name).map(
    ([id, at]) =>
      new GraphQLError(`Variable "$${name}" got invalid value ${id} at "${at}"; an ID must lie within ±(2^53 − 1)`, {
        nodes: definition,
      }),
  );
}

/** The numbers that are given for ids and are none that JSON reads alike, with their places. */
function numbersOf(type: GraphQLInputType, value: unknown, at: string): [id: number, at: string][] {
  if (isNonNullType(type)) return numbersOf(type.ofType, value, at);
  if (isListType(type))
    return Array.isArray(value)
      ? value.flatMap((item, index) => numbersOf(type.ofType, item, `${at}[${index}]`))
      : numbersOf(type.ofType, value, at);
  if (type === GraphQLID)
    return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER ? [[value, at]] : [];
  if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return [];
  const fields = type.getFields();
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return field ? numbersOf(field.type, inner, `${at}.${name}`) : [];
  });
}
