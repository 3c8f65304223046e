import { useEffect, useId, useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { Field } from '../../ui/field.tsx';
import { TextInput } from '../../ui/inputs.tsx';
import { useLoad, useSettled } from '../../ui/load.ts';

/** How many are offered: more is no list that somebody reads. */
const OFFERED = 20;

/** One of however many tenants: those whose ids begin as what is typed are offered. */
export function TenantChoice({ tenant, onChange }: { tenant: string; onChange(tenant: string): void }) {
  const [typed, setTyped] = useState(tenant);
  const settled = useSettled(typed.trim());
  const id = useId();
  const offered = useLoad(
    async (signal) => {
      const query = { prefix: settled, limit: OFFERED };
      return (await api.get<{ items: { id: string }[] }>('/admin/tenants', query, signal)).body.items;
    },
    [settled],
  );
  const known = offered.value?.some((one) => one.id === settled) === true;
  useEffect(() => {
    if (known && settled !== tenant) onChange(settled);
  }, [known, settled]);
  const none = offered.state === 'ready' && offered.value.length === 0;
  return (
    <Field label="Tenant" error={none ? 'No tenant’s id begins so.' : undefined}>
      <TextInput value={typed} onChange={setTyped} mono list={id} />
      <datalist id={id}>
        {offered.value?.map((one) => (
          <option key={one.id} value={one.id} />
        ))}
      </datalist>
    </Field>
  );
}
