/** The script that runs the reference: the document, the token that GraphiQL was given, and the reader's colours. */
export function referenceScript(): string {
  return `'use strict';
${startReference}
startReference();
`;
}

/** Scripts are deferred, so Swagger UI's own has run by the time that the document is ready. */
function startReference(): void {
  const page = globalThis as unknown as Page;
  const dark = page.matchMedia('(prefers-color-scheme: dark)');
  const colour = () => page.document.documentElement.classList.toggle('dark-mode', dark.matches);
  dark.addEventListener('change', colour);
  colour();
  page.document.addEventListener('DOMContentLoaded', () => {
    const token = page.sessionStorage.getItem('switchyard-token');
    const reference = page.SwaggerUIBundle({
      url: 'v1/openapi.json',
      dom_id: '#reference',
      deepLinking: true,
      docExpansion: 'none',
      filter: true,
      tryItOutEnabled: true,
      displayRequestDuration: true,
      validatorUrl: null,
      onComplete: () => {
        if (token) reference.preauthorizeApiKey('bearer', token);
      },
    });
  });
}

/** What this function uses of the browser that it runs in, where Node's types do not reach. */
interface Page {
  SwaggerUIBundle(options: object): { preauthorizeApiKey(scheme: string, token: string): void };
  matchMedia(query: string): { matches: boolean; addEventListener(type: 'change', listener: () => void): void };
  sessionStorage: { getItem(key: string): string | null };
  document: {
    documentElement: { classList: { toggle(name: string, on: boolean): void } };
    addEventListener(type: string, listener: () => void): void;
  };
}
