/** `npm run check`: all that can be said without running the product, side by side. What fails is told whole. */
import { spawn } from 'node:child_process';

const checks = [
  'tsc --noEmit',
  'tsc --noEmit -p src/console/app',
  'biome check .',
  'knip',
  'node codegen.ts --check',
  'node test/lint-openapi.ts',
  'node test/mutants/run.ts --check',
];

const codes = await Promise.all(
  checks.map(async (command) => {
    // npm puts the packages' programs on the path, the project's own Node among them.
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    if (code !== 0) process.stderr.write(`${command}\n${Buffer.concat(said).toString()}`);
    return code;
  }),
);
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
