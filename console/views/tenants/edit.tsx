import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { EditConflict, orConflict } from '../../ui/conflict.tsx';
import { errorAt, Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { TextArea, TextInput } from '../../ui/inputs.tsx';
import { useAct } from '../../ui/load.ts';
import { toast } from '../../ui/toasts.tsx';
import type { Tenant } from './entries.ts';
import { changesOf, type Form, formOf } from './form.ts';

/** What is said of a tenant. Sends what was changed here, of the version that was seen. */
export function EditTenant({
  of,
  path,
  onDone,
  onClose,
}: {
  of: Tenant;
  path: string;
  onDone(): void;
  onClose(): void;
}) {
  const [form, setForm] = useState(() => formOf(of));
  const [conflict, setConflict] = useState(false);
  const { busy, problem, run } = useAct();
  const body = changesOf(formOf(of), form);
  const nothing = Object.keys(body).length === 0;
  const put = async (version: number | undefined) => {
    await api.send('PATCH', path, body, { version });
    toast(`${of.id} is changed.`);
    onDone();
    onClose();
  };
  const save = () =>
    run(() =>
      orConflict(
        () => put(of.version),
        () => setConflict(true),
      ),
    );
  const field = (member: keyof Form) => ({
    value: form[member],
    onChange: (to: string) => setForm({ ...form, [member]: to }),
  });
  if (conflict)
    return (
      <EditConflict<Tenant>
        path={path}
        mine={body}
        seen={of}
        onTheirs={() => {
          onDone();
          onClose();
        }}
        onMine={put}
        onClose={() => setConflict(false)}
      />
    );
  return (
    <FormDialog
      title={`Change ${of.id}`}
      onClose={onClose}
      onSubmit={save}
      verb="Save"
      disabled={nothing}
      busy={busy}
      problem={problem}
    >
      <div class="fields">
        <Field label="Name" error={errorAt(problem, 'displayName')}>
          <TextInput {...field('displayName')} />
        </Field>
        <Field label="Cost centre" required error={errorAt(problem, 'costCenter')}>
          <TextInput {...field('costCenter')} />
        </Field>
        <Field label="Owners" hint="With commas between." error={errorAt(problem, 'owners')}>
          <TextInput {...field('owners')} />
        </Field>
        <Field label="Contacts" hint="With commas between." error={errorAt(problem, 'contacts')}>
          <TextInput {...field('contacts')} />
        </Field>
      </div>
      <Field label="Labels" hint="A line each: team=blue" error={errorAt(problem, 'labels')}>
        <TextArea {...field('labels')} mono rows={3} />
      </Field>
      <Field label="Ends" hint="From the end of that day on, UTC, it is refused." error={errorAt(problem, 'expiresAt')}>
        <TextInput {...field('expiresAt')} type="date" />
      </Field>
    </FormDialog>
  );
}
