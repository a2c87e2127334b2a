import type { Mutant } from './mutant.ts';

const tests = ['test/operations/chart.test.ts'];
const POD = 'deploy/helm/switchyard/templates/_helpers.tpl';

export const mutants: Mutant[] = [
  {
    breaks: 'SQLite is for one replica',
    file: POD,
    edits: [['(gt (int .Values.replicaCount) 1)', '(gt (int .Values.replicaCount) 2)']],
    tests,
  },
  {
    breaks: 'Kubernetes knows every field of the chart',
    file: POD,
    edits: [['readinessProbe:', 'readinesProbe:']],
    tests,
  },
  {
    breaks: 'the program knows every variable of the chart',
    file: POD,
    edits: [['name: DATA_DIR', 'name: DATA_FOLDER']],
    tests,
  },
  {
    breaks: 'a pod is given the time that its shutdown takes',
    file: POD,
    edits: [['(int .Values.config.SHUTDOWN_DELAY_SECONDS)', '0']],
    tests,
  },
];
