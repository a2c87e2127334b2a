import { builder } from '../graphql/builder.ts';
import './nouns.ts';
import './error-catalog.ts';

/** The whole graph; importing it opens nothing. */
export const schema = builder.toSchema({ sortSchema: false });
