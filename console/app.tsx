import { useEffect, useState } from 'preact/hooks';
import { type ApiProblem, api, asProblem } from './api.ts';
import type { Config } from './config.ts';
import { type Me, MeContext } from './me.ts';
import { page } from './place.ts';
import { Shell } from './shell.tsx';
import { Ended, Outside, Welcome } from './sign-in/pages.tsx';
import { session } from './sign-in/session.ts';
import { Loading } from './ui/states.tsx';

type Shown =
  | { is: 'starting' }
  | { is: 'signed-out'; config: Config }
  | { is: 'signed-in'; config: Config; me: Me }
  /** Signed in at the provider, and nobody to the gateway. */
  | { is: 'outside'; problem: ApiProblem }
  | { is: 'broken'; problem: ApiProblem };

/** From nothing to whoever is signed in; below it somebody always is. */
export function App() {
  const [shown, setShown] = useState<Shown>({ is: 'starting' });
  const [ended, setEnded] = useState(false);
  useEffect(() => {
    start(() => setEnded(true)).then(setShown, (error) => setShown({ is: 'broken', problem: asProblem(error) }));
  }, []);
  switch (shown.is) {
    case 'starting':
      return (
        <main class="alone">
          <Loading label="Signing in" />
        </main>
      );
    case 'signed-out':
      return <Welcome config={shown.config} />;
    case 'outside':
      return <Outside problem={shown.problem} />;
    case 'broken':
      return <Outside problem={shown.problem} broken />;
    case 'signed-in':
      return (
        <MeContext.Provider value={shown.me}>
          <Shell me={shown.me} stage={shown.config.stage} />
          {ended && <Ended />}
        </MeContext.Provider>
      );
  }
}

async function start(ended: () => void): Promise<Shown> {
  const config = await loadConfig();
  const state = await session.start(config, ended);
  if (state.is === 'leaving') return { is: 'starting' };
  if (state.is === 'signed-out') return { is: 'signed-out', config };
  try {
    return { is: 'signed-in', config, me: await whoAmI(config) };
  } catch (error) {
    const problem = asProblem(error);
    return { is: problem.status === 403 || problem.status === 401 ? 'outside' : 'broken', problem };
  }
}

/** @throws ApiProblem 403 of whom the gateway does not know */
async function whoAmI({ admin }: Config): Promise<Me> {
  if (admin) {
    try {
      const { body } = await api.get<Omit<Me, 'admin'>>('/admin/me');
      return { ...body, admin: true };
    } catch (error) {
      if (asProblem(error).status !== 404) throw error;
    }
  }
  // Of a stage without /admin: that the models are listed is that the caller is known.
  await api.get('/v1/models');
  return { tenant: '', principal: '', roles: [], rights: {}, keys: false, admin: false };
}

/** @throws Error where it is not served */
async function loadConfig(): Promise<Config> {
  const response = await fetch(`${page}config.json`, { cache: 'no-store' });
  if (!response.ok) throw new Error(`The page has no settings: config.json is ${response.status}.`);
  return response.json();
}
