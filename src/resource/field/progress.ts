import { nullable, object } from '../../store/complete.ts';
import type { Field } from './field.ts';
import { shownAs } from './kinds.ts';

/** How far long work is. */
export interface Progress {
  total: number;
  done: number;
  failed: number;
  percent: number;
}

const NONE: Progress = { total: 0, done: 0, failed: 0, percent: 0 };

const WIRE = {
  required: Object.keys(NONE),
  properties: {
    total: { type: 'integer', minimum: 0, description: 'How many things there are to do.' },
    done: { type: 'integer', minimum: 0, description: 'How many are done.' },
    failed: { type: 'integer', minimum: 0, description: 'How many have failed for good.' },
    percent: {
      type: 'number',
      minimum: 0,
      maximum: 100,
      description: 'The share that is done; it never goes back, also where what failed is run again.',
    },
  },
};

export function progress(description: string): Field<'stored', Progress, null, null> {
  const shown = shownAs('JSONObject', description, { wire: WIRE });
  return { place: 'stored', first: object<Progress>(NONE), create: null, update: null, shown };
}

export function optionalProgress(description: string): Field<'stored', Progress | null, null, null> {
  const shown = shownAs('JSONObject', description, { wire: WIRE, nullable: true });
  return { place: 'stored', first: nullable<Progress>(NONE), create: null, update: null, shown };
}
