import { useState } from 'preact/hooks';
import { type Answer, ApiProblem, api, pathOf } from '../../api.ts';
import { Button } from '../../ui/button.tsx';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { EditConflict, orConflict } from '../../ui/conflict.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { Select } from '../../ui/inputs.tsx';
import { useAct, useLoad } from '../../ui/load.ts';
import { Loaded } from '../../ui/states.tsx';
import { Name } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import { ACTIONS, audienceOf, type Grant, type Term, termsOf } from './entries.ts';
import { bodyOf } from './granted.ts';
import { TermFields } from './term.tsx';

export type Of = { model: string } | { bundle: string };

function grantPath(tenant: string, of: Of): string {
  return 'model' in of
    ? `/admin/grants${pathOf(tenant, of.model)}`
    : `/admin/bundle-grants${pathOf(tenant, of.bundle)}`;
}

/** One grant: what each audience of the tenant may do with a model, or with the models of a bundle. */
export function EditGrant({
  tenant,
  of,
  onDone,
  onClose,
}: {
  tenant: string;
  of: Of;
  onDone(): void;
  onClose(): void;
}) {
  const path = grantPath(tenant, of);
  const loaded = useLoad((signal) => shown(path, signal), [path]);
  if (loaded.state === 'ready')
    return (
      <Editor
        key={loaded.value?.version ?? 0}
        {...{ tenant, of, path, onDone, onClose }}
        seen={loaded.value}
        reload={loaded.reload}
      />
    );
  return (
    <Dialog title="Grant" onClose={onClose}>
      <Loaded of={loaded}>{() => null}</Loaded>
    </Dialog>
  );
}

/** @returns undefined where there is none yet */
async function shown(path: string, signal: AbortSignal): Promise<Grant | undefined> {
  try {
    return (await api.get<Grant>(path, {}, signal)).body;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return undefined;
    throw error;
  }
}

function Editor({
  tenant,
  of,
  path,
  seen,
  reload,
  onDone,
  onClose,
}: {
  tenant: string;
  of: Of;
  path: string;
  seen: Grant | undefined;
  reload(): void;
  onDone(): void;
  onClose(): void;
}) {
  const [terms, setTerms] = useState<readonly Term[]>(seen === undefined ? [{ actions: [...ACTIONS] }] : termsOf(seen));
  const [at, setAt] = useState(0);
  const [conflict, setConflict] = useState(false);
  const [revoking, setRevoking] = useState(false);
  const { busy, problem, run, clear } = useAct();
  const name = 'model' in of ? of.model : of.bundle;
  const body = bodyOf(terms, seen);
  const put = async (version: number | undefined) => {
    await api.send('PUT', path, body, { version: version ?? 0 });
    toast(`${tenant} holds ${name} so.`);
    onDone();
    onClose();
  };
  const save = () =>
    run(() =>
      orConflict(
        () => put(seen?.version),
        () => setConflict(true),
      ),
    );
  if (revoking)
    return (
      <TypeToConfirm
        title="Revoke this grant"
        verb="Revoke"
        name={name}
        consequences={
          <ul>
            <li>
              Within a minute nobody of <Name>{tenant}</Name> may call <Name>{name}</Name> by it:{' '}
              {terms.length === 1 ? 'its terms end.' : `${terms.length} sets of terms end.`}
            </li>
            <li>It can be taken back where edits are audited.</li>
          </ul>
        }
        onClose={() => setRevoking(false)}
        of={seen && { path, seen, version: seen.version }}
        onConfirm={async (version) => {
          await api.send('DELETE', path, undefined, { version });
          toast(`${tenant} does not hold ${name} any more; it ends within a minute.`);
          onDone();
          onClose();
        }}
      />
    );
  if (conflict)
    return (
      <EditConflict<Grant>
        path={path}
        mine={body}
        seen={seen ?? {}}
        onTheirs={(_: Answer<Grant>) => {
          setConflict(false);
          clear();
          reload();
        }}
        onMine={put}
        onClose={() => setConflict(false)}
      />
    );
  const term = terms[at] ?? terms[0];
  return (
    <FormDialog
      title={seen === undefined ? 'Grant' : 'Change a grant'}
      onClose={onClose}
      onSubmit={save}
      verb={seen === undefined ? 'Grant' : 'Save'}
      busy={busy}
      problem={problem}
      beside={
        seen === undefined ? undefined : (
          <Button kind="danger" disabled={busy} onClick={() => setRevoking(true)}>
            Revoke it all
          </Button>
        )
      }
    >
      <p>
        <Name>{tenant}</Name> on <Name>{name}</Name>
        {'bundle' in of && ' (a bundle)'}
      </p>
      <div class="row">
        {terms.length > 1 && (
          <Select
            label="For whom"
            value={String(at)}
            onChange={(to) => setAt(Number(to))}
            options={terms.map((one, index) => ({ value: String(index), label: `For ${audienceOf(one)}` }))}
          />
        )}
        <Button
          small
          icon="plus"
          onClick={() => {
            setTerms([...terms, { actions: [...ACTIONS], roles: [] }]);
            setAt(terms.length);
          }}
        >
          Other terms for some
        </Button>
        {terms.length > 1 && (
          <Button
            small
            icon="trash"
            onClick={() => {
              setTerms(terms.filter((_, index) => index !== at));
              setAt(0);
            }}
          >
            Take these away
          </Button>
        )}
      </div>
      {term !== undefined && (
        <TermFields
          key={at}
          term={term}
          onChange={(to) => setTerms(terms.map((one, index) => (index === at ? to : one)))}
          problem={problem}
          path={at === 0 ? '' : `also[${at - 1}].`}
        />
      )}
    </FormDialog>
  );
}
