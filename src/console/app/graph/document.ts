/** An operation of the graph, as text, with the types of what it takes and gets. */
export type Document<Data, Variables> = string & { readonly asks?: (variables: Variables) => Data };
