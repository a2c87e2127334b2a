import { type CatalogEntry, KINDS, RETRIES } from '../words/error-guide.ts';
import { inline } from './frame.ts';

const HEADINGS: Record<CatalogEntry['kind'], string> = {
  ERROR: 'Errors',
  CONFLICT_REASON: 'Reasons of a conflict',
  REFUSAL: 'Refusals of a decision',
};

const RETRY_WORDS: Record<CatalogEntry['retry'], string> = {
  NEVER: 'no',
  WHEN_CHANGED: 'once it has changed',
  AFTER_DELAY: 'after a delay',
};

/** The catalogue as a person reads it; each code is an anchor, so that it can be pointed at. */
export function errorsHtml(catalog: readonly CatalogEntry[]): string {
  const kinds = Object.keys(HEADINGS) as CatalogEntry['kind'][];
  const sections = kinds.map(
    (kind) => `<h2>${HEADINGS[kind]}</h2>
<p>${inline(KINDS[kind])}</p>
${catalog
  .filter((entry) => entry.kind === kind)
  .map(entryHtml)
  .join('\n')}`,
  );
  const retries = Object.entries(RETRY_WORDS).map(
    ([retry, words]) => `<dt>${words}</dt><dd>${inline(RETRIES[retry as CatalogEntry['retry']])}</dd>`,
  );
  return `<h1>Errors</h1>
<p>Everything that this server may refuse, and what to do about it. Programs read the same from the graph’s
<code>errorCatalog</code> and from <code>x-error-catalog</code> of <code>/v1/openapi.json</code>.</p>
${sections.join('\n')}
<h2>Sending it again</h2>
<dl>${retries.join('')}</dl>`;
}

function entryHtml({ code, status, cause, fix, retry, permission }: CatalogEntry): string {
  return `<section class="error" id="${code}">
<h3><a href="#${code}"><code>${code}</code></a>${status === null ? '' : ` <small>${status}</small>`}</h3>
<p>${inline(cause)}</p>
<p><strong>Cure.</strong> ${inline(fix)}</p>
<p><small>Send it again: ${RETRY_WORDS[retry]}.${permission === null ? '' : ` The cure needs <code>${permission}</code>.`}</small></p>
</section>`;
}
