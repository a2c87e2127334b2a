/** Holds the served OpenAPI document against Redocly's strict rules; whatever they find fails `npm run check`. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { openApiDocument } from '../src/rest/openapi.ts';
import { rows } from '../src/rest/rows.ts';
import { schema } from '../src/schema.ts';

const problems = await lintFromString({
  source: JSON.stringify(openApiDocument(schema, rows)),
  config: await createConfig({ extends: ['recommended-strict'] }),
});
for (const { ruleId, message, location } of problems)
  process.stderr.write(`openapi: ${ruleId}: ${message} (${location[0]?.pointer ?? ''})\n`);
if (problems.length > 0) process.exitCode = 1;
