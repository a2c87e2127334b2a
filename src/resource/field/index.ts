/** A noun's fields as values: `import * as field from '../../resource/field/index.ts'`. */
export * from './bodies.ts';
export * from './collections.ts';
export type * from './field.ts';
export * from './kinds.ts';
export * from './modifiers.ts';
export * from './objects.ts';
export * from './places.ts';
export * from './progress.ts';
export * from './values.ts';
