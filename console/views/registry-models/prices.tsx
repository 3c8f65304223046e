import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { dayOf } from '../../days.ts';
import { type Me, mayAll } from '../../me.ts';
import { Button } from '../../ui/button.tsx';
import { errorAt, Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { TextInput } from '../../ui/inputs.tsx';
import { useAct } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Dash, Money, Name, Time } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import type { Model, Price } from './model.ts';

const RATES: readonly [string, string][] = [
  ['input', 'Input'],
  ['output', 'Output'],
  ['cacheRead', 'Cache read'],
  ['cacheWrite', 'Cache write'],
];

/** What the model costs and cost, and from when on it costs otherwise. */
export function Prices({
  me,
  model,
  version,
  onChanged,
}: {
  me: Me;
  model: Model;
  version: number | undefined;
  onChanged(): void;
}) {
  const [adding, setAdding] = useState(false);
  return (
    <>
      <Card
        flush
        title="Prices"
        about="US dollars per million tokens. A call costs what holds when it begins; a bill that is computed again stays what it was."
        actions={
          mayAll(me, 'prices', 'write') && (
            <Button icon="plus" onClick={() => setAdding(true)}>
              Add a price
            </Button>
          )
        }
      >
        {model.prices.length === 0 ? (
          <Empty title="It has no price">
            <p>Its calls are told as unpriced, and are in no budget of dollars.</p>
          </Empty>
        ) : (
          <Table
            caption="What it costs"
            rows={model.prices}
            rowKey={({ version: name, region = '', tier = '' }) => `${name} ${region} ${tier}`}
            columns={[
              { head: 'Price', cell: ({ version: name }) => <Name>{name}</Name> },
              { head: 'From', sort: ({ from }) => from, cell: ({ from }) => <Time at={from} /> },
              { head: 'Region', cell: ({ region }) => region ?? <span class="muted">any</span> },
              { head: 'Tier', cell: ({ tier }) => tier ?? <span class="muted">on demand</span> },
              ...RATES.map(([rate, head]) => ({
                ...{ head, align: 'end' as const },
                cell: ({ usdPerMillion }: Price) => <Money usd={usdPerMillion?.[rate]} />,
              })),
              { head: 'Beside', cell: (price) => <Beside of={price} /> },
            ]}
          />
        )}
      </Card>
      {adding && <AddPrice model={model} version={version} onClose={() => setAdding(false)} onSaved={onChanged} />}
    </>
  );
}

function Beside({ of }: { of: Price }) {
  const said = [
    [of.usdPerImage, 'an image'],
    [of.usdPerSearch, 'a search'],
    [of.usdPerCall, 'a call'],
    [of.usdPerHour, 'an hour'],
  ].filter(([usd]) => usd !== undefined);
  if (said.length === 0) return <Dash />;
  return <>{said.map(([usd, unit]) => `$${usd} ${unit}`).join(', ')}</>;
}

function AddPrice({
  model,
  version,
  onClose,
  onSaved,
}: {
  model: Model;
  version: number | undefined;
  onClose(): void;
  onSaved(): void;
}) {
  const [name, setName] = useState('');
  const [from, setFrom] = useState(dayOf(Date.now()));
  const [rates, setRates] = useState<Readonly<Record<string, string>>>({});
  const { busy, problem, run } = useAct();
  const save = async () => {
    const usdPerMillion = Object.fromEntries(Object.entries(rates).filter(([, usd]) => usd.trim() !== ''));
    const path = `/admin/prices${pathOf(model.id)}`;
    const body = { prices: [{ version: name.trim(), from, usdPerMillion }] };
    // Where the model is another by now, that one is read, and the same button adds the price to it.
    if (!(await run(() => api.send('PUT', path, body, { version })))) return onSaved();
    toast(`${name} is a price of ${model.id}.`);
    onSaved();
    onClose();
  };
  return (
    <FormDialog title="Add a price" onClose={onClose} onSubmit={save} verb="Add it" busy={busy} problem={problem}>
      <p>Calls that begin from then on cost this much, until another price begins. What was billed stays.</p>
      <div class="fields">
        <Field label="Name" required hint="Reports name it: 2026-12." error={errorAt(problem, 'prices[0].version')}>
          <TextInput value={name} onChange={setName} mono />
        </Field>
        <Field label="From, UTC" required error={errorAt(problem, 'prices[0].from')}>
          <TextInput type="date" value={from} onChange={setFrom} />
        </Field>
        {RATES.map(([rate, label]) => (
          <Field
            key={rate}
            label={`${label}, USD per million`}
            error={errorAt(problem, `prices[0].usdPerMillion.${rate}`)}
          >
            <TextInput
              mono
              value={rates[rate] ?? ''}
              onChange={(usd) => setRates({ ...rates, [rate]: usd })}
              placeholder={rate === 'input' ? '0.06' : ''}
            />
          </Field>
        ))}
      </div>
    </FormDialog>
  );
}
