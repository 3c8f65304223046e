import { useEffect, useState } from 'preact/hooks';
import { href, parseRoute, type Route } from './route.ts';

export { href, type Route } from './route.ts';

/** @param to of `href` */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState(null, '', to);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else location.hash = to;
}

/** Changes what is asked of the view that is shown; undefined takes a member away. The way back stays as it was. */
export function setQuery(change: Readonly<Record<string, string | undefined>>): void {
  const { segments, query } = parseRoute(location.hash);
  navigate(href(segments, { ...query, ...change }), { replace: true });
}

/** The route that is shown; the component is drawn again when it changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    follow();
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return parseRoute(hash);
}
