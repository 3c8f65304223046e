import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { errorAt, Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { TextArea } from '../../ui/inputs.tsx';
import { useAct } from '../../ui/load.ts';
import { Name } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import type { AccessRequest } from '../access-requests/request.ts';
import type { AskableModel } from './model.ts';

/** Asks for a model; whoever may grant it decides. */
export function Ask({ model, onAsked, onClose }: { model: AskableModel; onAsked(): void; onClose(): void }) {
  const [why, setWhy] = useState('');
  const { busy, problem, run } = useAct();
  const ask = async () => {
    const body = { model: model.id, why: why.trim() };
    if (!(await run(() => api.send<AccessRequest>('POST', '/admin/access-requests', body)))) return;
    toast(`You asked for ${model.displayName ?? model.id}.`);
    onAsked();
    onClose();
  };
  return (
    <FormDialog
      title="Ask for a model"
      onClose={onClose}
      onSubmit={ask}
      verb="Ask for it"
      busy={busy}
      problem={problem}
    >
      <p>
        Those who may grant <Name>{model.displayName ?? model.id}</Name> see who asks, and why. Nothing changes until
        one of them has decided.
      </p>
      <Field
        label="Why"
        required
        hint="What for, how much, until when: whoever decides does not know your work."
        error={errorAt(problem, 'why')}
      >
        <TextArea value={why} onChange={setWhy} maxLength={1000} rows={4} />
      </Field>
    </FormDialog>
  );
}
