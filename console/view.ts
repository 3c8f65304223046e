import type { ComponentType } from 'preact';
import type { Me } from './me.ts';

/** What a view is given. It is kept while only `rest` or `query` change. */
export interface ViewProps {
  me: Me;
  /** The route’s parts behind the view’s own path, decoded: of `#/tenants/acme` `['acme']`. */
  rest: readonly string[];
  query: Readonly<Record<string, string>>;
}

/** One page of the console. */
export interface View {
  /** One part, without slashes: `tenants`. */
  path: string;
  title: string;
  /** Path data of a 20 by 20 icon, drawn as a line of 1.5. */
  icon: string;
  group: 'tenant' | 'operator';
  /** Whether it is offered: by what `GET /admin/me` says. What is allowed, the API says. */
  may(me: Me): boolean;
  load(): Promise<{ default: ComponentType<ViewProps> }>;
}
