import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { type Me, may, mayAll } from '../../me.ts';
import { errorAt, Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { Checkbox, Select, TextInput } from '../../ui/inputs.tsx';
import { useAct, useLoad } from '../../ui/load.ts';
import { Loaded } from '../../ui/states.tsx';
import { LIVES, type MadeKey, untilIn } from './key.ts';

const PERIODS = ['day', 'month'].map((period) => ({ value: period, label: `a ${period}` }));

/** What a new key is to be and may do. For a tenant’s services by those who look after its keys, else for oneself. */
export function MakeKey({ me, onMade, onClose }: { me: Me; onMade(made: MadeKey): void; onClose(): void }) {
  const [name, setName] = useState('');
  const [tenant, setTenant] = useState(me.tenant);
  const [service, setService] = useState(false);
  const [days, setDays] = useState('30');
  const [models, setModels] = useState<readonly string[]>([]);
  const [networks, setNetworks] = useState('');
  const [limit, setLimit] = useState('');
  const [period, setPeriod] = useState('month');
  const { busy, problem, run } = useAct();
  // Who may make keys for nobody but itself need not say for whom.
  const chooses = may(me, 'keys', 'write');
  const others = mayAll(me, 'keys', 'write') && tenant !== me.tenant;
  const make = () =>
    run(async () => {
      const { body } = await api.send<MadeKey>('POST', '/admin/keys', {
        name: name.trim(),
        ...(tenant === me.tenant ? {} : { tenant }),
        ...(chooses && !service && !others ? { owner: me.principal } : {}),
        expiresAt: untilIn(days),
        ...(models.length === 0 ? {} : { models }),
        ...(networks.trim() === '' ? {} : { networks: networks.split(/[\s,]+/).filter(Boolean) }),
        ...(limit.trim() === '' ? {} : { budget: { limit: limit.trim(), unit: 'usd', period } }),
      });
      onMade(body);
    });
  return (
    <FormDialog title="Make a key" onClose={onClose} onSubmit={make} verb="Make it" busy={busy} problem={problem}>
      <Field
        label="Name"
        required
        hint="For people: what uses it. Small letters, digits, dots, dashes."
        error={errorAt(problem, 'name')}
      >
        <TextInput value={name} onChange={setName} maxLength={64} placeholder="nightly-report" />
      </Field>
      {mayAll(me, 'keys', 'write') && (
        <Field label="Tenant" error={errorAt(problem, 'tenant')}>
          <TextInput value={tenant} onChange={setTenant} mono />
        </Field>
      )}
      {chooses && !others && (
        <Checkbox
          label="For a service, not for me"
          hint="It may then do what everybody of the tenant may, and outlives whoever made it."
          checked={service}
          onChange={setService}
        />
      )}
      <Field label="Good for" error={errorAt(problem, 'expiresAt')}>
        <Select value={days} onChange={setDays} options={LIVES} />
      </Field>
      {!others && <ModelChoice chosen={models} onChange={setModels} error={errorAt(problem, 'models')} />}
      <div class="fields">
        <Field label="At most, in USD" hint="Beside all other budgets." error={errorAt(problem, 'budget')}>
          <TextInput value={limit} onChange={setLimit} mono placeholder="no limit" />
        </Field>
        <Field label="Per">
          <Select value={period} onChange={setPeriod} options={PERIODS} />
        </Field>
      </div>
      <Field
        label="From these networks alone"
        hint="As CIDR, with commas between."
        error={errorAt(problem, 'networks')}
      >
        <TextInput value={networks} onChange={setNetworks} mono placeholder="any" />
      </Field>
    </FormDialog>
  );
}

function ModelChoice({
  chosen,
  onChange,
  error,
}: {
  chosen: readonly string[];
  onChange(models: readonly string[]): void;
  error: string | undefined;
}) {
  const models = useLoad(
    async (signal) => (await api.get<{ data: { id: string }[] }>('/v1/models', {}, signal)).body.data,
    [],
  );
  return (
    <fieldset class="choices">
      <legend class="label">Models</legend>
      <p class="hint">None chosen: all that its owner may call, at any time.</p>
      <Loaded of={models}>
        {(held) =>
          held.map(({ id }) => (
            <Checkbox
              key={id}
              label={id}
              checked={chosen.includes(id)}
              onChange={(on) => onChange(on ? [...chosen, id] : chosen.filter((one) => one !== id))}
            />
          ))
        }
      </Loaded>
      {error !== undefined && <p class="field-error">{error}</p>}
    </fieldset>
  );
}
