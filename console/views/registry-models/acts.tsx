import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { DAY_MS, dayOf } from '../../days.ts';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { TextInput } from '../../ui/inputs.tsx';
import { useAct } from '../../ui/load.ts';
import { Name } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import { Impact } from './impact.tsx';
import type { Model } from './model.ts';

export type Act = 'activate' | 'deprecate' | 'retire' | 'restore' | 'delete';

/** What can be done with a model in its state. Whether it may be, the API says. */
export function actsOf({
  lifecycle: { status },
}: Pick<Model, 'lifecycle'>): { act: Act; label: string; danger?: boolean }[] {
  const retire = { act: 'retire', label: 'Retire', danger: true } as const;
  const remove = { act: 'delete', label: 'Delete', danger: true } as const;
  switch (status) {
    case 'draft':
      return [{ act: 'activate', label: 'Activate' }, remove];
    case 'active':
      return [{ act: 'deprecate', label: 'Deprecate', danger: true }, retire];
    case 'deprecated':
      return [{ act: 'restore', label: 'Take the end back' }, retire];
    case 'retired':
      return [{ act: 'restore', label: 'Restore' }, remove];
  }
}

interface Props {
  model: Model;
  version: number | undefined;
  onClose(): void;
  onDone(): void;
}

/** What is done to a model, once it was said whom it meets. */
export function ActDialog({ act, ...props }: Props & { act: Act }) {
  return act === 'activate' || act === 'restore' ? <Begin act={act} {...props} /> : <End act={act} {...props} />;
}

/** What gives calls back. */
function Begin({ act, model, version, onClose, onDone }: Props & { act: 'activate' | 'restore' }) {
  const { busy, problem, run } = useAct();
  const go = async () => {
    // Where it is another by now, that one is read, and the same button does it to it.
    if (!(await run(() => api.send('POST', `/admin/models${pathOf(model.id)}/${act}`, {}, { version }))))
      return onDone();
    toast(act === 'activate' ? `${model.id} may be called.` : `${model.id} is again what it was.`);
    onDone();
    onClose();
  };
  return (
    <FormDialog
      wide
      title={act === 'activate' ? 'Activate this model' : 'Bring it back'}
      onClose={onClose}
      onSubmit={go}
      verb={act === 'activate' ? 'Activate' : 'Bring it back'}
      busy={busy}
      problem={problem}
    >
      <p>
        Within a minute these may call <Name>{model.id}</Name>
        {act === 'activate' ? '.' : ' as before it was ended, and are told of no end.'}
      </p>
      <Impact model={model.id} short />
    </FormDialog>
  );
}

const MONTH_MS = 30 * DAY_MS;

/** What takes calls away: with who loses them, and by when. */
function End({ act, model, version, onClose, onDone }: Props & { act: 'deprecate' | 'retire' | 'delete' }) {
  const [sunset, setSunset] = useState(dayOf(Date.now() + MONTH_MS));
  const [successor, setSuccessor] = useState(model.lifecycle.successor ?? '');
  const { id } = model;
  const path = `/admin/models${pathOf(id)}`;
  const next = successor.trim() === '' ? {} : { successor: successor.trim() };
  const titles = {
    deprecate: 'Announce the end of this model',
    retire: 'Retire this model',
    delete: 'Delete this model',
  };
  const said = {
    deprecate: `From ${sunset}, 00:00 UTC, calls are answered with 410. Until then each answer names that day.`,
    retire: 'Within a minute every call of it is answered with 410. Restoring it takes that back.',
    delete:
      'It goes out of the registry. Its usage and its history stay; what still names it is told, and keeps it from going.',
  };
  return (
    <TypeToConfirm
      wide
      title={titles[act]}
      verb={{ deprecate: 'Announce the end', retire: 'Retire', delete: 'Delete' }[act]}
      name={id}
      consequences={
        <div class="stack">
          <p>{said[act]}</p>
          {act !== 'delete' && (
            <div class="fields">
              {act === 'deprecate' && (
                <Field label="Stops answering on, UTC" required>
                  <TextInput type="date" value={sunset} onChange={setSunset} />
                </Field>
              )}
              <Field label="Successor" hint="A model of the registry; callers are told of it.">
                <TextInput mono value={successor} onChange={setSuccessor} placeholder="none" />
              </Field>
            </div>
          )}
          <Impact model={id} short />
        </div>
      }
      onClose={onClose}
      of={{ path, seen: model, version }}
      onConfirm={async (at) => {
        const body = act === 'deprecate' ? { sunsetAt: sunset, ...next } : next;
        if (act === 'delete') await api.send('DELETE', path, undefined, { version: at });
        else await api.send('POST', `${path}/${act}`, body, { version: at });
        toast(
          act === 'deprecate' ? `${id} ends on ${sunset}.` : `${id} is ${act === 'retire' ? 'retired' : 'deleted'}.`,
        );
        if (act === 'delete') location.hash = '#/registry-models';
        else onDone();
      }}
    />
  );
}
