import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { errorAt, Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { TextInput } from '../../ui/inputs.tsx';
import { useAct } from '../../ui/load.ts';
import { toast } from '../../ui/toasts.tsx';
import type { Of } from './grant.tsx';
import { HeldFirst } from './held-first.tsx';

const THERE = 'There is a tenant of this id already, and nothing was written.';

/** A tenant, what it holds and what it may spend: one plan, all of it or nothing. */
export function Onboard({ onDone, onClose }: { onDone(id: string): void; onClose(): void }) {
  const [id, setId] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [costCenter, setCostCenter] = useState('');
  const [owner, setOwner] = useState('');
  const [held, setHeld] = useState<readonly Of[]>([]);
  const [limit, setLimit] = useState('');
  const { busy, problem, run } = useAct();
  const onboard = async () => {
    const tenant = {
      ...{ id: id.trim(), costCenter: costCenter.trim() },
      ...(displayName.trim() === '' ? {} : { displayName: displayName.trim() }),
      ...(owner.trim() === '' ? {} : { owners: [owner.trim()] }),
      grants: held,
      ...(limit.trim() === '' ? {} : { budgets: [monthly(limit.trim())] }),
      // Only if there is none: a form that is sent twice changes nobody’s tenant.
      version: 0,
    };
    const done = await run(() => api.send('POST', '/admin/changes', { tenants: [tenant] }));
    if (!done) return;
    toast(`${tenant.id} is onboarded.`);
    onDone(tenant.id);
  };
  // Only of a tenant of this id that is there already: what is sent is of version 0.
  const there = problem?.status === 409 && errorAt(problem, 'tenants[0]') !== undefined;
  const at = (member: string) => errorAt(problem, `tenants[0].${member}`);
  return (
    <FormDialog
      title="Onboard a tenant"
      onClose={onClose}
      onSubmit={onboard}
      verb="Onboard"
      busy={busy}
      problem={there ? undefined : problem}
    >
      <Field label="Id" required hint="As its tokens name it; it stays so." error={there ? THERE : at('id')}>
        <TextInput value={id} onChange={setId} mono />
      </Field>
      <div class="fields">
        <Field label="Name" error={at('displayName')}>
          <TextInput value={displayName} onChange={setDisplayName} />
        </Field>
        <Field label="Cost centre" required error={at('costCenter')}>
          <TextInput value={costCenter} onChange={setCostCenter} />
        </Field>
      </div>
      <div class="fields">
        <Field label="Owner" hint="Who answers for it." error={at('owners')}>
          <TextInput value={owner} onChange={setOwner} />
        </Field>
        <Field label="USD a month, at most" hint="Calls beyond are refused." error={at('budgets')}>
          <TextInput value={limit} onChange={setLimit} mono placeholder="no limit" />
        </Field>
      </div>
      <HeldFirst chosen={held} onChange={setHeld} />
    </FormDialog>
  );
}

function monthly(limit: string) {
  return { id: 'monthly', per: 'tenant', period: 'month', unit: 'usd', limit, enforcement: 'hard' };
}
