import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { assetsOf, fileAsset } from '../../src/http/assets.ts';
import { required } from '../required.ts';

test('a file that could not be read is read anew when it is asked for again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-assets-'));
  const [file, away] = [join(folder, 'page.js'), join(folder, 'away.js')];
  writeFileSync(file, 'told()');
  const one = fileAsset('/docs/assets/page.js', pathToFileURL(file));
  const page = required(assetsOf([one])[one.address]);
  const ask = async () => page({ req: { headers: {} } as IncomingMessage });
  renameSync(file, away);
  await expect(ask()).rejects.toThrow('ENOENT');
  renameSync(away, file);
  expect(String((await ask()).body)).toBe('told()');
  rmSync(folder, { recursive: true, force: true });
});
