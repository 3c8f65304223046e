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
  const done = async (verb: string, said: string) => {
    await api.send('POST', `${path}/${verb}`, {}, { version });
    toast(said);
    onDone();
  };
  return (
    <>
      {of.suspended ? (
        <Button busy={busy} onClick={() => run(() => done('resume', `${id} may call again, within a minute.`))}>
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
          onConfirm={() => done('suspend', `${id} is suspended; calls are refused within a minute.`)}
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
          onConfirm={() => done('offboard', `${id} is offboarded.`)}
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
