import { type ComponentType, h } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Names, Viewer } from './graph/documents.generated.ts';
import type { Following } from './graph/follow.ts';
import { followEvents } from './graph/follow-events.ts';
import { whenTokenIsUnknown } from './graph/graph.ts';
import { currentToken, dropToken } from './graph/token.ts';
import { useQuery } from './graph/use-query.ts';
import { Badge } from './parts/badge.ts';
import { NamesContext, namesOf } from './parts/names.ts';
import { linkTo, useRoute, type ViewProps } from './parts/router.ts';
import { SignIn } from './sign-in.ts';
import { Accounts } from './views/accounts.ts';
import { Decisions } from './views/decisions.ts';
import { Explain } from './views/explain.ts';
import { Jobs } from './views/jobs.ts';
import { Policies } from './views/policies.ts';
import { Usage } from './views/usage.ts';

interface Shown {
  title: string;
  view: ComponentType<ViewProps>;
}

const FIRST: Shown = { title: 'Accounts', view: Accounts };
const VIEWS: Readonly<Record<string, Shown>> = {
  accounts: FIRST,
  policies: { title: 'Policies', view: Policies },
  decisions: { title: 'Decisions', view: Decisions },
  usage: { title: 'Usage', view: Usage },
  jobs: { title: 'Jobs', view: Jobs },
  explain: { title: 'Explain', view: Explain },
};

/** The frame of every view: where one is, and where else one can go. */
export function Shell() {
  const [isKnown, setKnown] = useState(currentToken() !== null);
  useEffect(() => whenTokenIsUnknown(() => setKnown(false)), []);
  return isKnown ? h(Frame, null) : h(SignIn, null);
}

function Frame() {
  const route = useRoute();
  const { title, view } = viewOf(route.view);
  const { data: names } = useQuery(Names, {}, { on: ['workspace.*', 'provider_account.*'] });
  const known = useMemo(() => (names ? namesOf(names) : new Map<string, string>()), [names]);
  useEffect(() => {
    document.title = `${title} · Switchyard`;
  }, [title]);
  return h(
    NamesContext.Provider,
    { value: known },
    h('a', { class: 'skip', href: '#main', onClick: skip }, 'Skip to the view'),
    h(Bar, { current: title }),
    h(
      'main',
      { id: 'main', tabIndex: -1 },
      h('h1', null, title),
      h(view, { key: title, id: route.id, asked: route.asked }),
    ),
  );
}

/** An address names whatever somebody wrote, `constructor` too. */
function viewOf(name: string): Shown {
  return (Object.hasOwn(VIEWS, name) && VIEWS[name]) || FIRST;
}

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}

function Bar({ current }: { current: string }) {
  const { data } = useQuery(Viewer, {});
  // Where the views have no room beside each other, whoever comes by an address sees which one it is.
  useEffect(() => {
    document.querySelector('.bar [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  const leave = () => {
    dropToken();
    location.reload();
  };
  return h(
    'header',
    { class: 'bar' },
    h(
      'div',
      { class: 'brand' },
      h('strong', null, 'Switchyard'),
      h('span', { class: 'org' }, data?.viewer.organization?.name ?? ''),
    ),
    h(
      'nav',
      { 'aria-label': 'Views' },
      Object.entries(VIEWS).map(([name, { title }]) =>
        h('a', { key: name, href: linkTo(name), 'aria-current': title === current ? 'page' : undefined }, title),
      ),
    ),
    h(
      'div',
      { class: 'doors' },
      h(Live, null),
      h('a', { href: 'graphql' }, 'GraphiQL'),
      h('a', { href: 'docs' }, 'Docs'),
      h('button', { type: 'button', class: 'quiet', onClick: leave }, 'Leave'),
    ),
  );
}

const SAID: Record<Following, { word: string; label: string; title: string }> = {
  live: { word: 'active', label: 'live', title: 'What happens is shown as it happens.' },
  away: {
    word: 'pending',
    label: 'connecting',
    title: 'Until the server tells what happens, it is asked from time to time.',
  },
  denied: {
    word: 'inactive',
    label: 'not live',
    title: 'This token may not read events: the server is asked from time to time.',
  },
};

/** Whether what is shown is told by the server as it happens. */
function Live() {
  const [following, setFollowing] = useState<Following>('away');
  useEffect(() => {
    const abort = new AbortController();
    followEvents(setFollowing, abort.signal);
    return () => abort.abort();
  }, []);
  return h('span', { class: 'live', role: 'status' }, h(Badge, SAID[following]));
}
