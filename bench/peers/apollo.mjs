import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { resolversOf, typeDefs } from './graph.ts';
import { announce, openStore } from './serve.ts';

const server = new ApolloServer({ typeDefs, resolvers: resolversOf(await openStore()) });
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
announce(new URL(url).origin);
