import { useLayoutEffect, useState } from 'preact/hooks';

/** What an address asks of a view, by name: `#/decisions?model=gpt-4o`. */
export type Asked = Readonly<Record<string, string>>;

/** Where one is: the view, the one thing of it that is looked at, and what of the others is shown. */
export interface Route extends ViewProps {
  view: string;
}

/** What every view is given. */
export interface ViewProps {
  /** The one thing of the view that is looked at closely. */
  id: string | null;
  asked: Asked;
}

function read(): Route {
  const [path = '', ...asked] = location.hash.replace(/^#\/?/, '').split('?');
  const [view = '', id] = path.split('/').map(decoded);
  return { view, id: id || null, asked: Object.fromEntries(new URLSearchParams(asked.join('?'))) };
}

/** What somebody typed may be no escape at all. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  // Before anything else can happen in the page: an address that changes between the reading and the hearing is lost.
  useLayoutEffect(() => {
    const follow = () => setRoute(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

export function linkTo(view: string, id?: string, asked: Asked = {}): string {
  const path = [view, ...(id === undefined ? [] : [id])].map(encodeURIComponent).join('/');
  const query = new URLSearchParams(asked).toString();
  return `#/${path}${query && `?${query}`}`;
}

export function go(view: string, id?: string, asked?: Asked): void {
  location.hash = linkTo(view, id, asked);
}
