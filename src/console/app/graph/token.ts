/**
 * The token comes with the URL's fragment or by the form, and is kept as long as the tab is, under the name that
 * GraphiQL keeps it under: what opens the one opens the other.
 */
const KEY = 'switchyard-token';

let token = taken() ?? sessionStorage.getItem(KEY);

/** Taken out of the address at once: nobody copies it from there, and no history keeps it. */
function taken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!given) return null;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, '', location.pathname + location.search);
  return given;
}

export function currentToken(): string | null {
  return token;
}

export function keepToken(given: string): void {
  token = given;
  sessionStorage.setItem(KEY, given);
}

export function dropToken(): void {
  token = null;
  sessionStorage.removeItem(KEY);
}
