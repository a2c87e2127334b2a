/**
 * Holds the served OpenAPI document against Redocly's strict rules and Spectral's; whatever they find fails `npm run check`.
 * A document that has passed once passes again: the linters, which take seconds, look at what is new.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { schema } from '../src/catalog/graph.ts';
import { rows } from '../src/catalog/nouns.ts';
import { openApiDocument } from '../src/rest/openapi/document.ts';

const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const PASSED = root('node_modules/.cache/openapi-passed');

const document = openApiDocument(schema, rows);

async function byRedocly(): Promise<string[]> {
  const { createConfig, lintFromString } = await import('@redocly/openapi-core');
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer ?? ''})`);
}

async function bySpectral(): Promise<string[]> {
  const { default: spectral } = await import('@stoplight/spectral-core');
  const { default: rulesets } = await import('@stoplight/spectral-rulesets');
  const linter = new spectral.Spectral();
  linter.setRuleset({ extends: [rulesets.oas as never], rules: {} });
  const problems = await linter.run(structuredClone(document) as Record<string, unknown>);
  return problems.map(({ code, message, path }) => `${code}: ${message} (${path.join('/')})`);
}

/** Names the document, the rules and the linters' versions. */
function fingerprint(): string {
  const hash = createHash('sha256').update(JSON.stringify(document));
  for (const path of ['test/lint-openapi.ts', 'package-lock.json']) hash.update(readFileSync(root(path)));
  return hash.digest('hex');
}

const current = fingerprint();
if (!existsSync(PASSED) || readFileSync(PASSED, 'utf8') !== current) {
  const problems = [...(await byRedocly()), ...(await bySpectral())];
  for (const problem of problems) process.stderr.write(`openapi: ${problem}\n`);
  if (problems.length > 0) process.exit(1);
  mkdirSync(dirname(PASSED), { recursive: true });
  writeFileSync(PASSED, current);
}
