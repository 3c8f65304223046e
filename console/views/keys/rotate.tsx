import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { Select } from '../../ui/inputs.tsx';
import { useAct } from '../../ui/load.ts';
import { Name } from '../../ui/text.tsx';
import { type Key, LIVES, type MadeKey, stateOf, untilIn } from './key.ts';

const OVERLAPS = [
  { value: '0', label: 'not at all: it leaked' },
  { value: '1', label: 'for an hour' },
  { value: '24', label: 'for a day' },
  { value: '168', label: 'for a week' },
];

/** As long as before. */
const SAME_END = '';

/** A new text of the same key. */
export function RotateKey({ of, onMade, onClose }: { of: Key; onMade(made: MadeKey): void; onClose(): void }) {
  const [hours, setHours] = useState('24');
  // One that has ended would end with its new text.
  const ended = stateOf(of) === 'expired';
  const [days, setDays] = useState(ended ? '30' : SAME_END);
  const { busy, problem, run } = useAct();
  const rotate = () =>
    run(async () => {
      const path = `/admin/keys${pathOf(of.id)}/rotate`;
      const expiresAt = days === SAME_END ? of.expiresAt : untilIn(days);
      onMade((await api.send<MadeKey>('POST', path, { overlapHours: Number(hours), expiresAt })).body);
    });
  return (
    <FormDialog title="Rotate this key" onClose={onClose} onSubmit={rotate} verb="Rotate" busy={busy} problem={problem}>
      <p>
        <Name>{of.name}</Name> gets a new text, which is shown once. Its name, bounds and budget stay as they are.
      </p>
      <Field label="The former text stays good" hint="Until then, put the new one where the former is.">
        <Select value={hours} onChange={setHours} options={OVERLAPS} />
      </Field>
      <Field label="The new one is good for">
        <Select
          value={days}
          onChange={setDays}
          options={[...(ended ? [] : [{ value: SAME_END, label: 'as long as before' }]), ...LIVES]}
        />
      </Field>
    </FormDialog>
  );
}
