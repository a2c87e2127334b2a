import { useEffect, useState } from 'preact/hooks';

/** Where one is: the view, and the one thing of it that is looked at. */
export interface Route {
  view: string;
  id: string | null;
}

/** What every view is given. */
export interface ViewProps {
  /** The one thing of the view that is looked at closely. */
  id: string | null;
}

function read(): Route {
  const [view = '', id] = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  return { view, id: id || null };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

export function linkTo(view: string, id?: string): string {
  return `#/${[view, ...(id === undefined ? [] : [id])].map(encodeURIComponent).join('/')}`;
}

export function go(view: string, id?: string): void {
  location.hash = linkTo(view, id);
}
