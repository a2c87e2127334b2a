import { enumType } from '../../graphql/inputs.ts';

export const JobStatus = enumType('JobStatus', 'How far long work is.', {
  pending: 'Asked for, not begun.',
  running: 'Under way.',
  completed: 'Done.',
  failed: 'Given up.',
  cancelled: 'Called off.',
});
