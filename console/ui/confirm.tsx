import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { TextInput } from './inputs.tsx';
import { useAct } from './load.ts';
import { Problem } from './states.tsx';
import { Name } from './text.tsx';

/**
 * Before what cannot simply be taken back: says who is affected and by when, and lets it be done once the name is typed.
 * @param consequences who, what, by when
 * @param verb on the button: `Suspend`
 * @param onConfirm what it throws is shown, and the dialog stays
 */
export function TypeToConfirm({
  title,
  consequences,
  name,
  verb,
  wide = false,
  onConfirm,
  onClose,
}: {
  title: string;
  consequences: ComponentChildren;
  name: string;
  verb: string;
  wide?: boolean;
  onConfirm(): Promise<unknown>;
  onClose(): void;
}) {
  const [typed, setTyped] = useState('');
  const { busy, problem, run } = useAct();
  const right = typed.trim() === name.trim();
  const confirm = async () => {
    if (right && (await run(onConfirm))) onClose();
  };
  return (
    <Dialog
      wide={wide}
      title={title}
      onClose={onClose}
      onSubmit={confirm}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" disabled={!right} busy={busy}>
            {verb}
          </Button>
        </>
      }
    >
      <div class="consequences">{consequences}</div>
      <p>
        Type{' '}
        <strong>
          <Name wrap>{name}</Name>
        </strong>{' '}
        to go on.
      </p>
      <Field label="Name" hidden>
        <TextInput value={typed} onChange={setTyped} mono />
      </Field>
      {problem !== undefined && <Problem error={problem} />}
    </Dialog>
  );
}
