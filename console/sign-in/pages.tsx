import type { Config } from '../config.ts';
import type { ApiProblem } from '../problem.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useAct } from '../ui/load.ts';
import { Problem } from '../ui/states.tsx';
import { session } from './session.ts';

/** What is shown to whom nobody knows yet, or any more. */

export function Welcome({ config }: { config: Config }) {
  const { busy, problem, run } = useAct();
  return (
    <main class="alone">
      <div class="welcome">
        <Mark />
        <h1 class="row">Tollgate {config.stage !== undefined && <Badge>{config.stage}</Badge>}</h1>
        <p class="about">Your models, keys, usage and budgets, and what is decided of them.</p>
        <Button kind="primary" busy={busy} onClick={() => run(() => session.signIn())}>
          Sign in
        </Button>
        <p class="hint">You sign in at {new URL(config.issuer).host}, with your account there.</p>
        {problem !== undefined && <Problem error={problem} />}
      </div>
    </main>
  );
}

/** Signed in at the provider, but nothing of the gateway is theirs; or not even that could be found out. */
export function Outside({ problem, broken = false }: { problem: ApiProblem; broken?: boolean }) {
  return (
    <main class="alone">
      <div class="welcome">
        <Mark />
        <h1>{broken ? 'This did not work' : 'You have no access yet'}</h1>
        <p class="about">
          {broken
            ? 'Tollgate could not find out who you are.'
            : 'You are signed in, but Tollgate does not know your tenant, or it was suspended. Ask whoever runs it.'}
        </p>
        <Problem error={problem} />
        {/* Whoever is onboarded meanwhile was forbidden before. */}
        <Button icon="refresh" onClick={() => location.reload()}>
          Try again
        </Button>
        <Button onClick={() => session.signOut()}>Sign in as somebody else</Button>
      </div>
    </main>
  );
}

/** Over the page, which keeps what was typed. */
export function Ended() {
  const { busy, problem, run } = useAct();
  return (
    <Dialog
      title="You were signed out"
      onClose={() => {}}
      footer={
        <Button kind="primary" busy={busy} onClick={() => run(() => session.signIn())}>
          Sign in again
        </Button>
      }
    >
      <p>Your session at the provider has ended. You come back to this page; what was not saved is lost.</p>
      {problem !== undefined && <Problem error={problem} />}
    </Dialog>
  );
}

function Mark() {
  return (
    <svg class="mark" width="44" height="44" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M4 21V9a8 8 0 0 1 16 0v12" />
      <path d="M2 14h20" />
      <circle cx="12" cy="14" r="2.2" />
    </svg>
  );
}
