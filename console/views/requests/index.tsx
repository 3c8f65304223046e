import type { ViewProps } from '../../view.ts';
import { List } from './list.tsx';
import { One } from './one.tsx';

/** The log of calls: a row a call, and one of them in full. */
export default function Requests({ me, rest: [id], query }: ViewProps) {
  return id === undefined ? <List me={me} query={query} /> : <One me={me} id={id} at={query.at} days={query.days} />;
}
