import { api, pathOf } from '../../api.ts';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { useLoad } from '../../ui/load.ts';
import { Loaded } from '../../ui/states.tsx';
import { Name } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import { amountOf, type Budget, countsOf, EVERY_TENANT } from './standing.ts';

/** Lifts a budget, once it was said of whom. */
export function RemoveBudget({
  owner,
  id,
  onDone,
  onClose,
}: {
  owner: string;
  id: string;
  onDone(): void;
  onClose(): void;
}) {
  const path = `/admin/budgets${pathOf(owner, id)}`;
  const seen = useLoad((signal) => api.get<Budget>(path, {}, signal), [path]);
  return (
    <TypeToConfirm
      title="Remove this budget"
      name={id}
      verb="Remove"
      onClose={onClose}
      of={seen.value && { path, seen: seen.value.body, version: seen.value.version }}
      onConfirm={async (version) => {
        await api.send('DELETE', path, undefined, { version });
        toast(`The budget ${id} is removed.`);
        onDone();
      }}
      consequences={
        <Loaded of={seen}>
          {({ body }) => (
            <ul>
              <li>
                {owner === EVERY_TENANT ? 'No tenant' : <Name>{owner}</Name>}
                {owner === EVERY_TENANT ? ' is' : ' is no longer'} held to{' '}
                {`${amountOf(body.limit, body.unit)} a ${body.period}, for ${countsOf(body)}`}, within a minute or so.
              </li>
              <li>Set again under this name, it goes on with what it counted.</li>
            </ul>
          )}
        </Loaded>
      }
    />
  );
}
