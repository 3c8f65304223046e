import type { ViewProps } from '../../view.ts';
import { Edits } from './list.tsx';
import { OneEdit } from './one.tsx';

/** Who did what: every edit of the registry, and one of them in full, with the way back. */
export default function AuditView({ me, rest: [edit], query }: ViewProps) {
  return edit === undefined ? <Edits me={me} query={query} /> : <OneEdit key={edit} edit={edit} me={me} />;
}
