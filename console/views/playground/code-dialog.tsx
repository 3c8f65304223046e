import { useEffect, useState } from 'preact/hooks';
import { useMe } from '../../me.ts';
import { gateway } from '../../place.ts';
import { href } from '../../router.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Loading } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Code } from '../../ui/text.tsx';
import type { Picture } from './conversation.ts';
import type { Model } from './models.ts';
import type { Playground } from './playground.ts';
import type { PictureFile } from './snippets/pictures.ts';
import type * as Snippets from './snippets/snippets.ts';

type Loaded = Pick<typeof Snippets, 'snippetsFor' | 'filesOf' | 'TOKEN'>;

/** What the playground would ask next, as a program asks it. */
export function CodeDialog({
  playground,
  models,
  onClose,
}: {
  playground: Playground;
  models: readonly Model[];
  onClose(): void;
}) {
  const [loaded, setLoaded] = useState<Loaded>();
  const [chosen, choose] = useState('curl');
  // Most who talk never look at code.
  useEffect(() => void import('./snippets/snippets.ts').then(setLoaded), []);
  const request = playground.next();
  const model = models.find(({ id }) => id === request?.model);
  return (
    <Dialog title="Show as code" wide onClose={onClose}>
      {loaded === undefined || request === undefined || model === undefined ? (
        <Loading />
      ) : (
        <Shown loaded={loaded} {...{ request, model, chosen, choose, named: namesOf(playground.pictures()) }} />
      )}
    </Dialog>
  );
}

function Shown({
  loaded: { snippetsFor, filesOf, TOKEN },
  request,
  model,
  named,
  chosen,
  choose,
}: {
  loaded: Loaded;
  request: NonNullable<ReturnType<Playground['next']>>;
  model: Model;
  named: ReadonlyMap<string, string>;
  chosen: string;
  choose(id: string): void;
}) {
  const { admin, keys } = useMe();
  const hasKeys = admin && keys;
  const snippets = snippetsFor(model);
  const snippet = snippets.find(({ id }) => id === chosen) ?? snippets[0];
  const files = filesOf(request, named);
  if (snippet === undefined) return null;
  return (
    <div class="stack">
      <p class="muted">
        It asks what you would ask next. Put{' '}
        {hasKeys && (
          <>
            a <a href={href(['keys'])}>key</a>, or{' '}
          </>
        )}
        a token of your identity provider into <code>{TOKEN}</code>.
        {files.size > 0 && ` It reads ${[...files.values()].map(({ name }: PictureFile) => name).join(', ')}.`}
      </p>
      <Tabs label="Client" tabs={snippets} value={snippet.id} onChange={choose}>
        <Code label={snippet.label}>{snippet.code({ request, model, gateway, files })}</Code>
      </Tabs>
    </div>
  );
}

/** By their data URLs what pictures are called. */
function namesOf(pictures: readonly Picture[]): Map<string, string> {
  return new Map(pictures.map(({ url, name }) => [url, name]));
}
