import { api } from '../../api.ts';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { useLoad } from '../../ui/load.ts';
import { Loaded } from '../../ui/states.tsx';
import { toast } from '../../ui/toasts.tsx';
import { type Plan, Planned } from './planned.tsx';

/** A model as it would be by what AWS says. */
export interface Proposal {
  model: string;
  document: object;
}

/** Makes models what is proposed, all of them or none, once what that does was said. */
export function Approve({
  proposals,
  onClose,
  onDone,
}: {
  proposals: readonly Proposal[];
  onClose(): void;
  onDone(): void;
}) {
  const body = { models: proposals.map(({ document }) => document) };
  const [first] = proposals;
  const name = proposals.length === 1 && first !== undefined ? first.model : `${proposals.length} models`;
  const plan = useLoad(
    async (signal) => (await api.send<Plan>('POST', '/admin/changes', body, { dryRun: true, signal })).body,
    [],
  );
  return (
    <TypeToConfirm
      wide
      title="Approve what AWS says"
      verb="Approve"
      name={name}
      consequences={
        <>
          <p>All of it is made or none, and none where one of the models was edited since it was read.</p>
          <Loaded of={plan} label="Trying it">
            {(tried) => <Planned of={tried} />}
          </Loaded>
        </>
      }
      onClose={onClose}
      onConfirm={async () => {
        const { body: made } = await api.send<{ plan?: string }>('POST', '/admin/changes', body);
        toast(`${name} approved${made.plan === undefined ? '' : `; plan ${made.plan} takes it back`}.`);
        onDone();
      }}
    />
  );
}
