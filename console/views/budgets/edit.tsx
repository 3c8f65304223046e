import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { EditConflict, orConflict } from '../../ui/conflict.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { errorAt, Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { Select, TextInput } from '../../ui/inputs.tsx';
import { useAct, useLoad } from '../../ui/load.ts';
import { Loaded } from '../../ui/states.tsx';
import { toast } from '../../ui/toasts.tsx';
import type { Budget, Scope, Unit } from './standing.ts';

const UNITS = [
  { value: 'usd', label: 'US dollars' },
  { value: 'tokens', label: 'tokens' },
  { value: 'requests', label: 'requests' },
  { value: 'credentials', label: 'credentials handed out' },
];
const PERIODS = ['minute', 'day', 'week', 'month'].map((period) => ({ value: period, label: `a ${period}` }));
const SCOPES: readonly { value: Scope; label: string }[] = [
  { value: 'tenant', label: 'the whole tenant' },
  { value: 'principal', label: 'each caller' },
  { value: 'model', label: 'each model' },
];
const AT_LIMIT = [
  { value: 'shorten', label: 'shortened, then refused' },
  { value: 'refuse', label: 'refused' },
  { value: 'soft', label: 'answered, with a warning' },
];

interface Props {
  owner: string;
  /** Absent: one that is new. */
  id?: string | undefined;
  /** Of callers alone: the rest is an operator’s to say. */
  principals: boolean;
  onDone(): void;
  onClose(): void;
}

/** Sets a budget, or changes one under the version that was seen. */
export function EditBudget(props: Props) {
  const { owner, id } = props;
  if (id === undefined) return <Form {...props} seen={undefined} />;
  return <Existing {...props} path={`/admin/budgets${pathOf(owner, id)}`} />;
}

function Existing({ path, ...props }: Props & { path: string }) {
  const seen = useLoad((signal) => api.get<Budget>(path, {}, signal), [path]);
  if (seen.value !== undefined) return <Form {...props} seen={seen.value} />;
  return (
    <Dialog title="Change a budget" onClose={props.onClose}>
      <Loaded of={seen}>{() => null}</Loaded>
    </Dialog>
  );
}

type Members = Omit<Budget, 'owner' | 'id'>;

function Form({
  owner,
  principals,
  seen,
  onDone,
  onClose,
}: Props & { seen: { body: Budget; version?: number } | undefined }) {
  const [budget, setBudget] = useState<Members>(
    seen === undefined
      ? { per: principals ? 'principal' : 'tenant', period: 'month', unit: 'usd', limit: '', enforcement: 'hard' }
      : membersOf(seen.body),
  );
  const [id, setId] = useState(seen?.body.id ?? '');
  const [base, setBase] = useState({ body: seen?.body, version: seen === undefined ? 0 : seen.version });
  const [conflict, setConflict] = useState(false);
  const { busy, problem, run, clear } = useAct();
  const change = (some: Partial<Members>) => setBudget({ ...budget, ...some });
  const path = `/admin/budgets${pathOf(owner, id.trim())}`;
  const save = async (version: number | undefined): Promise<void> => {
    await api.send('PUT', path, sentOf(budget), { version });
    toast(`The budget ${id} is set: in force within a minute or so.`);
    onDone();
    onClose();
  };
  const submit = () =>
    run(() =>
      orConflict(
        () => save(base.version),
        () => setConflict(true),
      ),
    );
  if (conflict)
    return (
      <EditConflict<Budget>
        path={path}
        mine={sentOf(budget)}
        seen={base.body ?? {}}
        onTheirs={({ body, version }) => {
          setBudget(membersOf(body));
          setBase({ body, version: version ?? 0 });
          setConflict(false);
          clear();
        }}
        onMine={save}
        onClose={() => setConflict(false)}
      />
    );
  const { unit, enforcement, per } = budget;
  return (
    <FormDialog
      title={seen === undefined ? 'Set a budget' : `Change the budget ${id}`}
      onClose={onClose}
      onSubmit={submit}
      verb="Save"
      disabled={id.trim() === ''}
      busy={busy}
      problem={problem}
    >
      {seen === undefined && (
        <Field label="Name" required hint="Small letters, digits and dashes." error={errorAt(problem, 'id')}>
          <TextInput value={id} onChange={setId} mono placeholder="monthly" />
        </Field>
      )}
      <div class="fields">
        <Field label="Limit" required error={errorAt(problem, 'limit')}>
          <TextInput value={budget.limit} onChange={(limit) => change({ limit })} mono placeholder="100" />
        </Field>
        <Field label="Of" error={errorAt(problem, 'unit')}>
          <Select value={unit} options={UNITS} onChange={(to) => change({ unit: to as Unit })} />
        </Field>
        <Field label="Per" error={errorAt(problem, 'period')}>
          <Select value={budget.period} options={PERIODS} onChange={(period) => change({ period })} />
        </Field>
        <Field label="Counts" error={errorAt(problem, 'per')}>
          <Select
            value={per}
            disabled={principals}
            options={SCOPES}
            onChange={(to) => change({ per: to as Scope, only: undefined })}
          />
        </Field>
        {per !== 'tenant' && (
          <Field
            label={per === 'model' ? 'Only this model' : 'Only this caller'}
            hint="Empty: a counter for each of them."
            error={errorAt(problem, 'only')}
          >
            <TextInput value={budget.only ?? ''} onChange={(only) => change({ only })} mono placeholder="each" />
          </Field>
        )}
      </div>
      <Field label="A call beyond it is" error={errorAt(problem, 'enforcement') ?? errorAt(problem, 'atLimit')}>
        <Select
          value={enforcement === 'soft' ? 'soft' : (budget.atLimit ?? (unit === 'requests' ? 'refuse' : 'shorten'))}
          options={unit === 'requests' ? AT_LIMIT.filter(({ value }) => value !== 'shorten') : AT_LIMIT}
          onChange={(to) =>
            change({ enforcement: to === 'soft' ? 'soft' : 'hard', atLimit: to === 'refuse' ? 'refuse' : undefined })
          }
        />
      </Field>
      {seen === undefined && (
        <p class="hint">
          It counts from when it is set; <code>tollgate budget set</code> has it begin with what the ledger knows.
        </p>
      )}
    </FormDialog>
  );
}

function membersOf({ owner: _, id: __, ...members }: Budget): Members {
  return members;
}

/** What is sent: a limit on requests shortens nothing, whatever was chosen before. */
function sentOf({ only, atLimit, limit, ...budget }: Members): object {
  return {
    ...{ ...budget, limit: limit.trim() },
    ...(only === undefined || only.trim() === '' ? {} : { only: only.trim() }),
    ...(atLimit === undefined || budget.unit === 'requests' ? {} : { atLimit }),
  };
}
