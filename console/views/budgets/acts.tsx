import { Button } from '../../ui/button.tsx';
import { EditBudget } from './edit.tsx';
import { RemoveBudget } from './remove.tsx';

/** What is being done to a budget of an owner: of an edit without an id a new one is set. */
export type Open = { is: 'edit'; id?: string } | { is: 'remove'; id: string };

/** The buttons in the row of a budget. */
export function BudgetButtons({ id, onOpen }: { id: string; onOpen(open: Open): void }) {
  return (
    <div class="row">
      <Button small icon="edit" label={`Change the budget ${id}`} onClick={() => onOpen({ is: 'edit', id })}>
        Change
      </Button>
      <Button small kind="danger" label={`Remove the budget ${id}`} onClick={() => onOpen({ is: 'remove', id })}>
        Remove
      </Button>
    </div>
  );
}

/** The dialog of what is open. @param principals whether it may count nothing but each of the tenant’s callers */
export function BudgetDialog({
  open,
  owner,
  principals,
  ...then
}: {
  open: Open | undefined;
  owner: string;
  principals: boolean;
  onDone(): void;
  onClose(): void;
}) {
  if (open === undefined) return null;
  if (open.is === 'remove') return <RemoveBudget owner={owner} id={open.id} {...then} />;
  return <EditBudget owner={owner} id={open.id} principals={principals} {...then} />;
}
