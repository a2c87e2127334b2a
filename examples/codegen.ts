/** The configuration of graphql-codegen's client preset: `npx graphql-codegen --config examples/codegen.ts` (`@graphql-codegen/cli`). */
export default {
  schema: 'schema.graphql',
  documents: ['examples/graphql-codegen.ts'],
  generates: {
    'examples/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        // Documents are plain text at run time: no GraphQL library is needed.
        documentMode: 'string',
        useTypeImports: true,
        importExtension: '.ts',
        emitLegacyCommonJSImports: false,
        scalars: { SafeInt: 'number', DateTime: 'string', JSON: 'unknown', JSONObject: 'Record<string, unknown>' },
      },
    },
  },
};
