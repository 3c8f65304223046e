import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { Button } from '../../ui/button.tsx';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { useAct, useLoad } from '../../ui/load.ts';
import { Loaded, Problem } from '../../ui/states.tsx';
import { toast } from '../../ui/toasts.tsx';
import { grantsOf } from './all.ts';
import type { Tenant } from './entries.ts';

/** Shutting a tenant out, for a while or for good, and letting it in again. */
export function Leaving({ of, path, onDone }: { of: Tenant; path: string; onDone(): void }) {
  const [asked, setAsked] = useState<'suspend' | 'offboard'>();
  const { busy, problem, run } = useAct();
  const { id, version } = of;
  const entry = { path, seen: of, version };
  const done = async (verb: string, said: string, at: number | undefined) => {
    await api.send('POST', `${path}/${verb}`, {}, { version: at });
    toast(said);
    onDone();
  };
  const resume = async () => {
    const resumed = await run(() => done('resume', `${id} may call again, within a minute.`, version));
    // Of a version that is gone: what is there now is shown, and can be resumed.
    if (!resumed) onDone();
  };
  return (
    <>
      {of.suspended ? (
        <Button busy={busy} onClick={resume}>
          Resume
        </Button>
      ) : (
        <Button kind="danger" onClick={() => setAsked('suspend')}>
          Suspend
        </Button>
      )}
      <Button kind="danger" onClick={() => setAsked('offboard')}>
        Offboard
      </Button>
      {problem !== undefined && <Problem error={problem} />}
      {asked === 'suspend' && (
        <TypeToConfirm
          title="Suspend this tenant"
          verb="Suspend"
          name={id}
          consequences={
            <ul>
              <li>Within a minute every call of it is refused: of its people, its services and its keys.</li>
              <li>
                <Held tenant={id} /> What it holds stays, and is there again when it is resumed.
              </li>
            </ul>
          }
          onClose={() => setAsked(undefined)}
          of={entry}
          onConfirm={(at) => done('suspend', `${id} is suspended; calls are refused within a minute.`, at)}
        />
      )}
      {asked === 'offboard' && (
        <TypeToConfirm
          title="Offboard this tenant"
          verb="Offboard"
          name={id}
          consequences={
            <ul>
              <li>Within a minute every call of it is refused, and its keys are revoked for good.</li>
              <li>
                <Held tenant={id} /> All of it ends.
              </li>
              <li>What it used stays in the ledger. Its id is not given again.</li>
            </ul>
          }
          onClose={() => setAsked(undefined)}
          of={entry}
          onConfirm={(at) => done('offboard', `${id} is offboarded.`, at)}
        />
      )}
    </>
  );
}

/** How much is at stake. */
function Held({ tenant }: { tenant: string }) {
  const grants = useLoad((signal) => grantsOf([tenant], signal), [tenant]);
  return (
    <Loaded of={grants} label="Counting its grants">
      {(all) => `It holds ${all.length} ${all.length === 1 ? 'grant' : 'grants'}.`}
    </Loaded>
  );
}
