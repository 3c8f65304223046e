import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { Note } from '../../ui/badge.tsx';
import { errorAt, Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { Checkbox, Select, TextArea, TextInput } from '../../ui/inputs.tsx';
import { useAct, useLoad, useSettled } from '../../ui/load.ts';
import { Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Name } from '../../ui/text.tsx';
import { sent } from './decline.tsx';
import { type Deciding, type Decision, pathOfRequest } from './request.ts';

const ACTIONS = [
  { id: 'invoke', label: 'Whole answers' },
  { id: 'stream', label: 'Streams' },
  { id: 'count', label: 'Counting tokens' },
] as const;

/** What a request that is tried says it would do. */
interface Tried {
  findings: { item: string; path: string; text: string }[];
  changes: { item: string; does: string; differences: { path: string; before?: unknown; after?: unknown }[] }[];
}

/** Grants what was asked for: to whom, for what and for how long; and shows beforehand what that changes. */
export function Approve({ request, onSend, onConflict, onClose }: Deciding) {
  const [to, setTo] = useState<'principal' | 'tenant'>('principal');
  const [actions, setActions] = useState<readonly string[]>(ACTIONS.map(({ id }) => id));
  const [maxTokens, setMaxTokens] = useState('');
  const [until, setUntil] = useState('');
  const [note, setNote] = useState('');
  const { busy, problem, run } = useAct();
  const grant = {
    ...(actions.length === ACTIONS.length ? {} : { actions }),
    ...(maxTokens.trim() === '' ? {} : { maxTokens: Number(maxTokens) }),
    ...(until === '' ? {} : { expiresAt: until }),
  };
  const body = { to, grant, ...(note.trim() === '' ? {} : { note: note.trim() }) };
  const approve = async () => {
    const decision: Decision = { request, verb: 'approve', body };
    if (await run(() => sent(decision, onSend, onConflict))) onClose();
  };
  return (
    <FormDialog
      wide
      title="Approve a request"
      onClose={onClose}
      onSubmit={approve}
      verb="Grant it"
      busy={busy}
      problem={problem}
    >
      <p>
        <Name>{request.principal}</Name> of <Name>{request.tenant}</Name> asks for <Name>{request.model}</Name>:
      </p>
      <Note tone="neutral">
        <Name wrap>{request.why}</Name>
      </Note>
      <div class="fields">
        <Field label="Grant it to" error={errorAt(problem, 'to')}>
          <Select
            value={to}
            onChange={(value) => setTo(value === 'tenant' ? 'tenant' : 'principal')}
            options={[
              { value: 'principal', label: 'who asked, alone' },
              { value: 'tenant', label: 'everyone of the tenant' },
            ]}
          />
        </Field>
        <Field label="Longest answer, in tokens" error={errorAt(problem, 'maxTokens')}>
          <TextInput type="number" min={1} value={maxTokens} onChange={setMaxTokens} placeholder="no limit" />
        </Field>
        <Field label="Until" hint="Its first moment, UTC." error={errorAt(problem, 'expiresAt')}>
          <TextInput type="date" value={until} onChange={setUntil} />
        </Field>
      </div>
      <fieldset class="choices">
        <legend class="label">For</legend>
        {ACTIONS.map(({ id, label }) => (
          <Checkbox
            key={id}
            label={label}
            checked={actions.includes(id)}
            onChange={(on) =>
              setActions(ACTIONS.map((one) => one.id).filter((one) => (one === id ? on : actions.includes(one))))
            }
          />
        ))}
      </fieldset>
      <Field label="What they are told with it" error={errorAt(problem, 'note')}>
        <TextArea value={note} onChange={setNote} maxLength={1000} rows={2} />
      </Field>
      <Preview path={`${pathOfRequest(request)}/approve`} body={{ to, grant }} />
    </FormDialog>
  );
}

/** Members by which a grant is known, and which are the request’s. */
const NAMES: ReadonlySet<string> = new Set(['v', 'tenant', 'model']);

/** What the API says that it would do. */
function Preview({ path, body }: { path: string; body: object }) {
  const settled = useSettled(JSON.stringify(body));
  const tried = useLoad(
    async (signal) => (await api.send<Tried>('POST', path, JSON.parse(settled), { dryRun: true, signal })).body,
    [path, settled],
  );
  return (
    <div class="stack">
      <h3>What it changes</h3>
      <Loaded of={tried} label="Trying it">
        {({ findings, changes }) => (
          <>
            {findings.length > 0 && (
              <Note tone="warn">
                {findings.map(({ item, path: at, text }) => (
                  <p key={`${item} ${at}`}>
                    <code>{at}</code> {text}.
                  </p>
                ))}
              </Note>
            )}
            <Table
              caption="Members of the grant, before and after"
              rows={changes
                .filter(({ item }) => item.startsWith('grant/'))
                .flatMap(({ item, differences }) =>
                  differences.filter((one) => !NAMES.has(one.path)).map((one) => ({ item, ...one })),
                )}
              rowKey={({ item, path: at }) => `${item} ${at}`}
              columns={[
                { head: 'Of the grant', cell: (one) => <code>{one.path}</code> },
                { head: 'Before', cell: ({ before }) => shown(before) },
                { head: 'After', cell: ({ after }) => shown(after) },
              ]}
            />
          </>
        )}
      </Loaded>
    </div>
  );
}

function shown(value: unknown) {
  if (value === undefined || value === null) return <span class="muted">none</span>;
  return (
    <Name wrap mono>
      {typeof value === 'string' ? value : JSON.stringify(value)}
    </Name>
  );
}
