import type { ComponentChildren } from 'preact';
import type { ApiProblem } from '../problem.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Problem } from './states.tsx';

/**
 * A dialog that is filled in and sent; what was refused stands below what was filled in, and the dialog stays.
 * @param verb on the button that sends it: `Onboard`
 * @param danger it cannot simply be taken back
 * @param disabled there is nothing to be sent yet
 * @param beside another button, apart from those two
 */
export function FormDialog({
  verb,
  danger = false,
  disabled = false,
  busy,
  problem,
  beside,
  children,
  onClose,
  ...dialog
}: {
  title: string;
  verb: string;
  wide?: boolean;
  danger?: boolean;
  disabled?: boolean;
  busy: boolean;
  problem: ApiProblem | undefined;
  beside?: ComponentChildren;
  children: ComponentChildren;
  onSubmit(): void;
  onClose(): void;
}) {
  return (
    <Dialog
      {...dialog}
      onClose={onClose}
      footer={
        <>
          {beside !== undefined && <span class="push-left">{beside}</span>}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind={danger ? 'danger' : 'primary'} type="submit" disabled={disabled} busy={busy}>
            {verb}
          </Button>
        </>
      }
    >
      {children}
      {problem !== undefined && <Problem error={problem} />}
    </Dialog>
  );
}
