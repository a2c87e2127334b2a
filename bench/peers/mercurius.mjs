import Fastify from 'fastify';
import mercurius from 'mercurius';
import { resolversOf, typeDefs } from './graph.ts';
import { announce, openStore } from './serve.ts';

const app = Fastify({ keepAliveTimeout: 30_000 });
const resolvers = resolversOf(await openStore());
await app.register(mercurius, { schema: typeDefs, resolvers, jit: 1 });
announce(await app.listen({ host: '127.0.0.1', port: 0 }));
