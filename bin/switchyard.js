#!/usr/bin/env node
// Checked before anything is imported: TypeScript sources and node:sqlite need Node 24.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `switchyard: needs Node 24 or newer, this is ${process.version}; run it as "npm start" (npm brings its own Node 24)\n`,
  );
  process.exit(1);
}
// A signal that comes while the rest is being loaded is a wish to stop, too.
if (process.argv[2] === 'serve') (await import('../src/process/signals.ts')).stopSignal();
const { enableCompileCache } = await import('node:module');
enableCompileCache();
const { runCli } = await import('../src/process/cli.ts');
await runCli(process.argv.slice(2));
