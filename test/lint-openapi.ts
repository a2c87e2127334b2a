/** Holds the served OpenAPI document against Redocly's strict rules and Spectral's; whatever they find fails `npm run check`. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectral from '@stoplight/spectral-core';
import rulesets from '@stoplight/spectral-rulesets';
import { schema } from '../src/catalog/graph.ts';
import { rows } from '../src/catalog/nouns.ts';
import { openApiDocument } from '../src/rest/openapi.ts';

const document = openApiDocument(schema, rows);

async function byRedocly(): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer ?? ''})`);
}

async function bySpectral(): Promise<string[]> {
  const linter = new spectral.Spectral();
  linter.setRuleset({ extends: [rulesets.oas as never], rules: {} });
  const problems = await linter.run(structuredClone(document) as Record<string, unknown>);
  return problems.map(({ code, message, path }) => `${code}: ${message} (${path.join('/')})`);
}

const problems = [...(await byRedocly()), ...(await bySpectral())];
for (const problem of problems) process.stderr.write(`openapi: ${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
