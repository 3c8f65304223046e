import { useState } from 'preact/hooks';
import { asProblem } from '../../api.ts';
import { errorAt, Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { TextArea } from '../../ui/inputs.tsx';
import { useAct } from '../../ui/load.ts';
import { Name } from '../../ui/text.tsx';
import type { Deciding, Decision } from './request.ts';

/** Says no, and why. */
export function Decline({ request, onSend, onConflict, onClose }: Deciding) {
  const [note, setNote] = useState('');
  const { busy, problem, run } = useAct();
  const decline = async () => {
    const said = note.trim();
    const decision: Decision = { request, verb: 'decline', body: said === '' ? {} : { note: said } };
    if (await run(() => sent(decision, onSend, onConflict))) onClose();
  };
  return (
    <FormDialog
      title="Decline a request"
      onClose={onClose}
      onSubmit={decline}
      verb="Decline"
      danger
      busy={busy}
      problem={problem}
    >
      <p>
        <Name>{request.principal}</Name> of <Name>{request.tenant}</Name> will not get <Name>{request.model}</Name>, is
        told so, and may ask again.
      </p>
      <Field label="What they are told with it" error={errorAt(problem, 'note')}>
        <TextArea value={note} onChange={setNote} maxLength={1000} rows={3} />
      </Field>
    </FormDialog>
  );
}

/** What was refused since another was before goes on as a conflict. @throws what else is refused */
export async function sent(
  decision: Decision,
  onSend: Deciding['onSend'],
  onConflict: Deciding['onConflict'],
): Promise<void> {
  try {
    await onSend(decision, decision.request.version);
  } catch (error) {
    const { status } = asProblem(error);
    if (status !== 412 && status !== 409) throw error;
    // After this dialog has closed itself.
    setTimeout(() => onConflict(decision));
  }
}
