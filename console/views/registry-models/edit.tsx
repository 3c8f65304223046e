import { useState } from 'preact/hooks';
import { type ApiProblem, api, asProblem, pathOf } from '../../api.ts';
import { EditConflict } from '../../ui/conflict.tsx';
import { Field } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { TextArea, TextInput } from '../../ui/inputs.tsx';
import { toast } from '../../ui/toasts.tsx';
import { type Body, bodyOf, textOf } from './entry.ts';
import type { Model } from './model.ts';
import { type Plan, Planned } from './planned.tsx';

const EXAMPLE = {
  displayName: 'Nova Micro',
  target: {
    kind: 'bedrock-model',
    modelId: 'amazon.nova-micro-v1:0',
    region: 'us-east-1',
    arn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0',
  },
  lifecycle: { status: 'draft' },
  prices: [],
};

/**
 * An entry as a file has it. What an edit would do is shown before it is made.
 * @param seen the entry that is edited; absent: a new one
 */
export function EditModel({
  seen,
  version,
  onClose,
  onSaved,
}: {
  seen?: Model;
  version?: number | undefined;
  onClose(): void;
  onSaved(model: Model): void;
}) {
  const [base, setBase] = useState({
    entry: (seen ?? EXAMPLE) as unknown as Body,
    version: seen === undefined ? 0 : version,
  });
  const [id, setId] = useState(seen?.id ?? '');
  const [text, setText] = useState(textOf(base.entry));
  const [plan, setPlan] = useState<Plan>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [conflict, setConflict] = useState<Body>();
  const [busy, setBusy] = useState(false);
  const path = `/admin/models${pathOf(id.trim())}`;

  const send = async (dryRun: boolean, at = base.version) => {
    const body = bodyOf(text, seen === undefined ? {} : base.entry);
    if (typeof body === 'string') throw new SyntaxError(body);
    const options = { dryRun, ...(at === undefined ? {} : { version: at }) };
    return api.send<Plan & Model>('PUT', path, body, options);
  };
  const act = async (dryRun: boolean) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { body } = await send(dryRun);
      if (dryRun) setPlan(body);
      else saved(body);
    } catch (error) {
      const refused = asProblem(error);
      const mine = bodyOf(text, base.entry);
      if (refused.status === 412 && seen !== undefined && typeof mine !== 'string') setConflict(mine);
      else setProblem(refused);
    }
    setBusy(false);
  };
  const saved = (model: Model) => {
    toast(seen === undefined ? `${model.id} is made.` : `${model.id} is version ${model.version} now.`);
    onSaved(model);
    onClose();
  };
  const typed = (to: string) => {
    setText(to);
    setPlan(undefined);
  };
  const malformed = bodyOf(text, {});

  if (conflict !== undefined)
    return (
      <EditConflict<Body>
        path={path}
        mine={conflict}
        seen={base.entry}
        onClose={() => setConflict(undefined)}
        onTheirs={({ body, version: now }) => {
          setBase({ entry: body, version: now });
          typed(textOf(body));
          setConflict(undefined);
        }}
        onMine={async (now) => saved((await send(false, now)).body)}
      />
    );
  return (
    <FormDialog
      wide
      title={seen === undefined ? 'Add a model' : `Edit ${id}`}
      onClose={onClose}
      onSubmit={() => act(plan === undefined)}
      verb={plan === undefined ? 'See what it does' : seen === undefined ? 'Make it' : 'Save'}
      disabled={typeof malformed === 'string' || id.trim() === ''}
      busy={busy}
      problem={problem}
    >
      {seen === undefined && (
        <Field label="Id" required hint="What callers write. It stays.">
          <TextInput mono value={id} onChange={setId} placeholder="nova-micro" />
        </Field>
      )}
      <Field
        label="The entry"
        hint="As JSON. What you leave out goes away."
        error={typeof malformed === 'string' ? malformed : undefined}
      >
        <TextArea mono rows={16} value={text} onChange={typed} />
      </Field>
      {plan !== undefined && <Planned of={plan} />}
    </FormDialog>
  );
}
