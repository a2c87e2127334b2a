import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canRun } from './pinned-server.ts';

export const CHART = fileURLToPath(new URL('../deploy/helm/switchyard', import.meta.url));

/** Where `.ci/run` builds it. */
const BUILT = fileURLToPath(new URL('../node_modules/.cache/helm/helm', import.meta.url));
const HELM = existsSync(BUILT) ? BUILT : 'helm';

/** Tests of the rendered chart are skipped without it, and counted. */
export const hasHelm = canRun(HELM, ['version']);

export const HOW_TO_GET_HELM = 'have helm on the PATH (go install helm.sh/helm/v3/cmd/helm@v3.22.0)';

/** A helm that was built from its sources takes Kubernetes for a very old one, unless it is told. */
const KUBERNETES = ['--kube-version', '1.31.0'];

export async function helm(command: 'lint' | 'template', values: object): Promise<{ code: number; text: string }> {
  const words = command === 'lint' ? ['lint', '--strict', CHART] : ['template', 'trial', CHART];
  const running = promisify(execFile)(HELM, [...words, ...KUBERNETES, '--values', '-'], { maxBuffer: 2 ** 24 });
  running.child.stdin?.end(JSON.stringify(values));
  return running.then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, text: stdout + stderr }),
  );
}
