import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { errorAt, Field } from '../../ui/field.tsx';
import { TextArea } from '../../ui/inputs.tsx';
import { useAct } from '../../ui/load.ts';
import { Problem } from '../../ui/states.tsx';
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
    <Dialog
      title="Ask for a model"
      onClose={onClose}
      onSubmit={ask}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Ask for it
          </Button>
        </>
      }
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
      {problem !== undefined && <Problem error={problem} />}
    </Dialog>
  );
}
