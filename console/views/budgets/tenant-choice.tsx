import { useEffect, useId, useState } from 'preact/hooks';
import { suggestTenants } from '../../suggest.ts';
import { Field } from '../../ui/field.tsx';
import { TextInput } from '../../ui/inputs.tsx';
import { useLoad, useSettled } from '../../ui/load.ts';
import { Offered } from '../../ui/search.tsx';

/** One of however many tenants: those of whose ids or names what is typed is a part are offered. */
export function TenantChoice({ tenant, onChange }: { tenant: string; onChange(tenant: string): void }) {
  const [typed, setTyped] = useState(tenant);
  const settled = useSettled(typed.trim());
  const id = useId();
  const offered = useLoad((signal) => suggestTenants(settled, signal), [settled]);
  const known = offered.value?.some((one) => one.id === settled) === true;
  useEffect(() => {
    if (known && settled !== tenant) onChange(settled);
  }, [known, settled]);
  const none = offered.state === 'ready' && offered.value.length === 0;
  return (
    <Field label="Tenant" error={none ? 'No tenant is like that.' : undefined}>
      <TextInput value={typed} onChange={setTyped} mono list={id} />
      <Offered id={id} names={offered.value} />
    </Field>
  );
}
