import { useState } from 'preact/hooks';
import type { ApiProblem } from '../../api.ts';
import { errorAt, Field } from '../../ui/field.tsx';
import { Checkbox, TextInput } from '../../ui/inputs.tsx';
import { ACTIONS, type Term } from './entries.ts';

const WHAT: Record<(typeof ACTIONS)[number], string> = {
  invoke: 'Whole answers',
  stream: 'Streams',
  count: 'Counting tokens',
};

/** What one audience may do. What these fields do not show of a term stays as it is. @param path of the term in the body */
export function TermFields({
  term,
  onChange,
  problem,
  path,
}: {
  term: Term;
  onChange(term: Term): void;
  problem: ApiProblem | undefined;
  path: string;
}) {
  const at = (member: string) => errorAt(problem, `${path}${member}`);
  const list = (member: 'roles' | 'principals' | 'regions') => ({
    value: (term[member] ?? []).join(', '),
    onChange: (to: string[]) => onChange({ ...term, [member]: to.length === 0 ? undefined : to }),
  });
  return (
    <>
      <div class="fields">
        <Field label="For those with a role" hint="With commas between; none: everyone." error={at('roles')}>
          <ListInput {...list('roles')} />
        </Field>
        <Field label="For these callers" hint="As their tokens name them." error={at('principals')}>
          <ListInput {...list('principals')} />
        </Field>
      </div>
      <fieldset class="choices">
        <legend class="label">May</legend>
        {ACTIONS.map((action) => (
          <Checkbox
            key={action}
            label={WHAT[action]}
            checked={term.actions.includes(action)}
            onChange={(on) =>
              onChange({
                ...term,
                actions: ACTIONS.filter((one) => (one === action ? on : term.actions.includes(one))),
              })
            }
          />
        ))}
        {at('actions') !== undefined && <p class="field-error">{at('actions')}</p>}
      </fieldset>
      <div class="fields">
        <Field label="Tokens of an answer, at most" error={at('maxTokens')}>
          <TextInput
            type="number"
            min={1}
            value={term.maxTokens === undefined ? '' : String(term.maxTokens)}
            onChange={(to) => onChange({ ...term, maxTokens: to === '' ? undefined : Number(to) })}
            placeholder="as the model says"
          />
        </Field>
        <Field label="Until" hint="The end of that day, UTC." error={at('expiresAt')}>
          <TextInput
            type="date"
            value={term.expiresAt?.slice(0, 10) ?? ''}
            onChange={(to) => onChange({ ...term, expiresAt: to === '' ? undefined : `${to}T23:59:59Z` })}
          />
        </Field>
        <Field label="In these regions alone" error={at('regions')}>
          <ListInput {...list('regions')} />
        </Field>
      </div>
      <Checkbox
        label="Credentials for AWS may be handed out"
        hint="Then nothing that the gateway itself enforces holds: only what is in the session’s policy."
        checked={term.direct === true}
        onChange={(on) => onChange({ ...term, direct: on ? true : undefined })}
      />
    </>
  );
}

/** Words with commas between; what is typed stays as it is typed. */
function ListInput({ value, onChange }: { value: string; onChange(list: string[]): void }) {
  const [text, setText] = useState(value);
  return (
    <TextInput
      mono
      value={text}
      onChange={(to) => {
        setText(to);
        onChange(
          to
            .split(',')
            .map((one) => one.trim())
            .filter(Boolean),
        );
      }}
    />
  );
}
