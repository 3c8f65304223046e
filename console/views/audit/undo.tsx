import { api, pathOf } from '../../api.ts';
import { href, navigate } from '../../router.ts';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { Differences } from '../../ui/differences.tsx';
import { useLoad } from '../../ui/load.ts';
import { Loaded } from '../../ui/states.tsx';
import { Name } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import { Impact } from '../registry-models/impact.tsx';
import { type Edit, partsOf, told, type Undone } from './edit.ts';

/** Entries of a preview that are shown in full. */
const SHOWN = 20;

/** Shows what taking back would do and whom it meets, and does it once the name is typed. @param whole all of the edit’s plan */
export function Undo({ of, whole, onClose }: { of: Edit; whole: boolean; onClose(): void }) {
  const path =
    whole && of.plan !== undefined
      ? pathOf('admin', 'changes', of.plan, 'undo')
      : pathOf('admin', 'audit', String(of.edit), 'undo');
  const preview = useLoad(
    async (signal) => (await api.send<Undone>('POST', path, {}, { dryRun: true, signal })).body.changes,
    [path],
  );
  const what = whole ? `plan ${of.plan}` : `edit ${of.edit}`;
  const name = whole ? (of.plan ?? '') : nameOf(of.item);
  return (
    <TypeToConfirm
      wide
      title={`Undo ${what}`}
      verb="Undo it"
      name={name}
      consequences={
        <Loaded of={preview} label="Asking what it would do">
          {(changes) => <Preview changes={changes} />}
        </Loaded>
      }
      onClose={onClose}
      onConfirm={async () => {
        const { edit } = await api.send('POST', path, {});
        toast(`The ${what} is taken back.`);
        navigate(edit === undefined ? href(['audit']) : href(['audit', String(edit)]));
      }}
    />
  );
}

/** What is typed: the entry’s own name. */
function nameOf(item: string): string {
  const [kind, first, rest] = partsOf(item);
  return rest || first || kind;
}

function Preview({ changes }: { changes: Undone['changes'] }) {
  const models = [...new Set(changes.flatMap(({ item }) => modelOf(item)))];
  const tenants = [...new Set(changes.flatMap(({ item }) => tenantOf(item)))];
  const shown = changes.slice(0, SHOWN);
  return (
    <div class="stack">
      <p>
        {changes.length === 0
          ? 'It would change nothing: that is how it is already.'
          : 'Calls follow it within a minute. It is an edit of its own under your name, and can be taken back, too.'}
      </p>
      {tenants.length > 0 && (
        <p>
          {tenants.length === 1 ? 'It meets the tenant' : `It meets ${tenants.length} tenants:`}{' '}
          <Name wrap>{tenants.slice(0, SHOWN).join(', ') + (tenants.length > SHOWN ? ', …' : '')}</Name>.
        </p>
      )}
      {models.length === 1 && models[0] !== undefined && <Impact model={models[0]} short />}
      {models.length > 1 && (
        <p>
          It meets who calls <Name wrap>{models.join(', ')}</Name>.
        </p>
      )}
      {shown.map(({ item, does, differences }) => (
        <div key={item}>
          <h3>
            {does === 'create' ? 'Made again: ' : does === 'remove' ? 'Removed: ' : 'Changed: '}
            <Name wrap>{item}</Name>
          </h3>
          <Differences of={told(differences)} caption={item} heads={['Now', 'Then']} />
        </div>
      ))}
      {changes.length > SHOWN && <p>And {changes.length - SHOWN} more entries.</p>}
    </div>
  );
}

function modelOf(item: string): string[] {
  const [kind, first, rest] = partsOf(item);
  return kind === 'model' ? [[first, rest].filter(Boolean).join('/')] : [];
}

function tenantOf(item: string): string[] {
  const [kind, first] = partsOf(item);
  return ['tenant', 'grant', 'budgets', 'client', 'request'].includes(kind)
    ? [first === '*' ? 'every one' : first]
    : [];
}
