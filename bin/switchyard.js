#!/usr/bin/env node
// Checked before anything is imported: TypeScript sources and node:sqlite need Node 24.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `switchyard: needs Node 24 or newer, this is ${process.version}; run it as "npm start" (npm brings its own Node 24)\n`,
  );
  process.exit(1);
}
// Under load V8 lets its young generation grow to 128 MiB, of which no request is answered faster; it can be told otherwise
// before it starts alone. So the same process begins again, unless somebody has said how large it may be. Nor are its threads to
// have places of their own to allocate in, in which what one has freed is of no use to the others.
const isTold = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => /semi[-_]space/.test(option));
if (process.argv[2] === 'serve' && !isTold && process.execve && process.platform !== 'win32' && !process.connected)
  process.execve(
    process.execPath,
    [process.execPath, '--max-semi-space-size=16', ...process.execArgv, ...process.argv.slice(1)],
    { MALLOC_ARENA_MAX: '1', ...process.env },
  );
// Where much of what one place makes was once seen to live on, V8 makes all of it among what is there to stay: then the garbage of each
// request is only collected with everything that is kept. Said before what was compiled is looked for, which holds for its flags.
(await import('node:v8')).setFlagsFromString('--no-allocation-site-pretenuring');
// Before the first TypeScript: what was compiled at an earlier start needs no compiler, which takes some 40 MiB.
const { ownFolder } = await import('./own-folder.js');
const compiled = ownFolder('switchyard-compiled');
if (compiled !== null) (await import('node:module')).enableCompileCache(compiled);
// A signal that comes while the rest is being loaded is a wish to stop, too.
if (process.argv[2] === 'serve') (await import('../src/process/setup/signals.ts')).stopSignal();
const { runCli } = await import('../src/process/cli.ts');
await runCli(process.argv.slice(2));
