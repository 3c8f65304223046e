import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { href } from '../../router.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { useLoad } from '../../ui/load.ts';
import { Page } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import type { ViewProps } from '../../view.ts';
import { CodeDialog } from './code-dialog.tsx';
import { Composer } from './composer.tsx';
import { conversing, type Model } from './models.ts';
import { Pickers } from './pickers.tsx';
import { Playground } from './playground.ts';
import { SettingsPanel } from './settings-panel.tsx';
import { Talk } from './talk.tsx';
import { useStore } from './use-store.ts';

/** As long as the page is open, whatever else is looked at meanwhile. Nothing of it is kept anywhere else. */
const playground = new Playground({
  api,
  frame: (draw) => requestAnimationFrame(draw),
  now: () => performance.now(),
});

/** Talks with the models that are granted. `?model=` chooses one. */
export default function View({ query }: ViewProps) {
  const models = useLoad(
    async (signal) => {
      const { body } = await api.get<{ data: Model[] }>('/v1/models', {}, signal);
      const all = conversing(body.data);
      playground.offer(all, query.model);
      return all;
    },
    [query.model],
  );
  const [isCode, showCode] = useState(false);
  const turns = useStore(playground.turns);
  return (
    <Page
      title="Playground"
      about="Talk with the models that you may use. Nothing that is said here is kept."
      actions={
        <>
          <Button disabled={turns.length === 0} icon="plus" onClick={() => playground.clear()}>
            New conversation
          </Button>
          <Button disabled={(models.value ?? []).length === 0} icon="copy" onClick={() => showCode(true)}>
            Show as code
          </Button>
        </>
      }
    >
      <Loaded of={models} label="Loading models">
        {(all) =>
          all.length === 0 ? (
            <Empty title="There is no model that you may talk with">
              <LinkButton href={href(['models'])}>See models</LinkButton>
            </Empty>
          ) : (
            <div class="playground">
              <div class="pg-main">
                <Pickers playground={playground} models={all} />
                <Talk playground={playground} models={all} />
                <Composer playground={playground} models={all} />
              </div>
              <SettingsPanel playground={playground} models={all} />
            </div>
          )
        }
      </Loaded>
      {isCode && <CodeDialog playground={playground} models={models.value ?? []} onClose={() => showCode(false)} />}
    </Page>
  );
}
