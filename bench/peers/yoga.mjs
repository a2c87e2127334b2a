import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { resolversOf, typeDefs } from './graph.ts';
import { listen, openStore } from './serve.ts';

const resolvers = resolversOf(await openStore());
listen(createServer(createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false })));
