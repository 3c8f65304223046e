import type { ComponentChildren } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { asProblem } from '../api.ts';
import { Note } from './badge.tsx';
import { ChangedMeanwhile } from './conflict.tsx';
import { Field } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { TextInput } from './inputs.tsx';
import { useAct } from './load.ts';
import { Awaiting } from './states.tsx';
import { Name } from './text.tsx';

/** An entry that something is done to. */
export interface Of {
  /** Of the entry, for `api.get`. */
  path: string;
  seen: object;
  version: number | undefined;
}

/**
 * Before what cannot simply be taken back: says who is affected and by when, and lets it be done once that is there and the name is typed.
 * @param consequences who, what, by when; what of it is loaded is shown by `Loaded`, which is waited for
 * @param verb on the button: `Suspend`
 * @param of the entry that it is done to, as it was seen; if it is another by now, what changed is shown first
 * @param onConfirm gets the version that it may be done to; what it throws is shown, and the dialog stays
 */
export function TypeToConfirm({
  title,
  consequences,
  name,
  verb,
  wide = false,
  of,
  onConfirm,
  onClose,
}: {
  title: string;
  consequences: ComponentChildren;
  name: string;
  verb: string;
  wide?: boolean;
  of?: Of | undefined;
  onConfirm(version: number | undefined): Promise<unknown>;
  onClose(): void;
}) {
  const [typed, setTyped] = useState('');
  /** What is there by now, once an act was refused for it; of each refusal anew. */
  const [changed, setChanged] = useState<{ seen: object; version: number | undefined; time: number }>();
  const { busy, problem, run, clear } = useAct();
  const [{ loading, error: failed }, tell] = useAwaited();
  const right = typed.trim() === name.trim() && loading === 0;
  const version = changed === undefined ? of?.version : changed.version;
  const confirm = async () => {
    if (!right) return;
    let refused = false;
    const done = await run(async () => {
      try {
        await onConfirm(version);
      } catch (error) {
        refused = of !== undefined && asProblem(error).status === 412;
        throw error;
      }
    });
    if (done) return onClose();
    if (!refused || of === undefined) return;
    clear();
    setTyped('');
    setChanged({ seen: of.seen, version, time: (changed?.time ?? 0) + 1 });
  };
  return (
    <FormDialog
      wide={wide}
      title={title}
      onClose={onClose}
      onSubmit={confirm}
      verb={verb}
      danger
      disabled={!right}
      busy={busy}
      problem={problem}
    >
      <Awaiting.Provider value={tell}>
        <div class="consequences">{consequences}</div>
        {changed !== undefined && of !== undefined && (
          <ChangedMeanwhile
            key={changed.time}
            path={of.path}
            seen={changed.seen}
            onRead={(now) => setChanged({ ...changed, version: now })}
          />
        )}
      </Awaiting.Provider>
      {failed > 0 && (
        <Note tone="warn">What it would do could not all be read. Go on only if you know it otherwise.</Note>
      )}
      <p>
        Type{' '}
        <strong>
          <Name wrap>{name}</Name>
        </strong>{' '}
        to go on.
      </p>
      <Field label="Name" hidden>
        <TextInput value={typed} onChange={setTyped} mono />
      </Field>
    </FormDialog>
  );
}

/** @returns how many of the loads within are under way and have failed, and what `Awaiting` is given */
function useAwaited() {
  const [loads, setLoads] = useState({ loading: 0, error: 0 });
  const tell = useCallback((state: keyof typeof loads, more: 1 | -1) => {
    setLoads((former) => ({ ...former, [state]: former[state] + more }));
  }, []);
  return [loads, tell] as const;
}
