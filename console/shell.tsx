import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks';
import type { Me } from './me.ts';
import { ApiProblem } from './problem.ts';
import { type Route, useRoute } from './router.ts';
import { session } from './sign-in/session.ts';
import { Badge, Note } from './ui/badge.tsx';
import { Button } from './ui/button.tsx';
import { Icon } from './ui/icon.tsx';
import { Empty, Loading, Problem } from './ui/states.tsx';
import { Name } from './ui/text.tsx';
import { Toasts } from './ui/toasts.tsx';
import type { View, ViewProps } from './view.ts';
import { VIEWS } from './views.ts';

const GROUPS = [
  { id: 'tenant', title: 'Use' },
  { id: 'operator', title: 'Run' },
] as const;

/** Navigation, who one is, and the view that the route names. */
export function Shell({ me, stage }: { me: Me; stage: string | undefined }) {
  const route = useRoute();
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const offered = VIEWS.filter((view) => view.may(me));
  const name = route.segments[0] ?? offered[0]?.path ?? '';
  const view = VIEWS.find(({ path }) => path === name);
  useMoved(main, `${name}/${route.segments.slice(1).join('/')}`, () => setOpen(false));
  useEffect(() => {
    if (!open) return;
    const close = ({ key }: KeyboardEvent) => key === 'Escape' && setOpen(false);
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, [open]);
  return (
    <div class={open ? 'shell open' : 'shell'}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="topbar">
        <Button
          kind="quiet"
          icon="menu"
          label={open ? 'Close the menu' : 'Open the menu'}
          aria-expanded={open ? 'true' : 'false'}
          aria-controls="nav"
          onClick={() => setOpen(!open)}
        />
        <Brand stage={stage} />
      </header>
      <div class="side" id="nav">
        <nav aria-label="Pages">
          <div class="side-brand">
            <Brand stage={stage} />
          </div>
          {GROUPS.map(({ id, title }) => (
            <Group key={id} title={title} views={offered.filter(({ group }) => group === id)} current={name} />
          ))}
        </nav>
        <Who me={me} />
      </div>
      <main id="main" class="main" tabIndex={-1} ref={main} inert={open}>
        <Offline />
        {view === undefined ? (
          <NoPage />
        ) : (
          <Whole key={view.path} route={route}>
            <Shown view={view} me={me} route={route} />
          </Whole>
        )}
      </main>
      <Toasts />
    </div>
  );
}

function Brand({ stage }: { stage: string | undefined }) {
  return (
    <a class="brand" href="#/">
      <svg class="mark" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M4 21V9a8 8 0 0 1 16 0v12" />
        <path d="M2 14h20" />
        <circle cx="12" cy="14" r="2.2" />
      </svg>
      Tollgate
      {stage !== undefined && <Badge>{stage}</Badge>}
    </a>
  );
}

function Group({ title, views, current }: { title: string; views: readonly View[]; current: string }) {
  if (views.length === 0) return null;
  return (
    <>
      <h2 class="nav-head" id={`nav-${title}`}>
        {title}
      </h2>
      <ul class="nav" aria-labelledby={`nav-${title}`}>
        {views.map(({ path, title: name, icon }) => (
          <li key={path}>
            <a href={`#/${path}`} aria-current={path === current ? 'page' : undefined}>
              <Icon path={icon} size={18} />
              {name}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Who({ me }: { me: Me }) {
  const { busy, run } = useSignOut();
  return (
    <section class="who" aria-label="You">
      <div class="who-names">
        {me.principal !== '' && <Name>{me.principal}</Name>}
        <span class="who-tenant">
          {me.tenant !== '' && <Name>{me.tenant}</Name>}
          {me.roles.map((role) => (
            <Badge key={role} tone="info">
              {role}
            </Badge>
          ))}
        </span>
      </div>
      <Button kind="quiet" small icon="out" busy={busy} onClick={run}>
        Sign out
      </Button>
    </section>
  );
}

function useSignOut() {
  const [busy, setBusy] = useState(false);
  const run = () => {
    setBusy(true);
    void session.signOut().catch(() => location.reload());
  };
  return { busy, run };
}

function Offline() {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const follow = () => setOnline(navigator.onLine);
    addEventListener('online', follow);
    addEventListener('offline', follow);
    return () => {
      removeEventListener('online', follow);
      removeEventListener('offline', follow);
    };
  }, []);
  return (
    <div role="status">
      {!online && (
        <Note tone="warn">This machine is offline. What is shown may be old, and nothing can be changed.</Note>
      )}
    </div>
  );
}

/** A view that cannot be drawn, say from an answer of another version, says so; the others go on, and so does it at another place. */
function Whole({ route, children }: { route: Route; children: ComponentChildren }) {
  // Reported as an error of the page that nobody caught is.
  const [broken, mend] = useErrorBoundary((error) => reportError(error));
  useEffect(() => {
    if (broken !== undefined) mend();
  }, [route]);
  if (broken === undefined) return <>{children}</>;
  return <Problem error={ApiProblem.broken(broken)} retry={() => location.reload()} />;
}

/** The view, as soon as its script is there. */
function Shown({ view, me, route }: { view: View; me: Me; route: Route }) {
  const [loaded, setLoaded] = useState<{ view?: ComponentType<ViewProps>; error?: unknown }>({});
  useEffect(() => {
    let gone = false;
    setLoaded({});
    view.load().then(
      ({ default: component }) => !gone && setLoaded({ view: component }),
      (error) => !gone && setLoaded({ error }),
    );
    return () => {
      gone = true;
    };
  }, [view]);
  // A browser remembers that a module could not be loaded, and a newer console has others.
  if (loaded.error !== undefined) return <Problem error={loaded.error} retry={() => location.reload()} />;
  if (loaded.view === undefined) return <Loading label={view.title} />;
  const Component = loaded.view;
  return <Component me={me} rest={route.segments.slice(1)} query={route.query} />;
}

function NoPage() {
  return (
    <Empty title="There is no such page">
      <a href="#/">To the first page</a>
    </Empty>
  );
}

/** After a step to another page the menu is closed and the focus, as after a load, at the beginning of it. */
function useMoved(main: { current: HTMLElement | null }, place: string, closed: () => void): void {
  const [first, setFirst] = useState(true);
  useEffect(() => {
    closed();
    if (first) setFirst(false);
    else {
      // The open menu still has it out of reach until it is drawn again.
      main.current?.removeAttribute('inert');
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }, [place]);
}
