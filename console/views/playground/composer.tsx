import { useEffect, useRef, useState } from 'preact/hooks';
import { useMe } from '../../me.ts';
import { Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { isBlind, type Model } from './models.ts';
import { PICTURE_TYPES, PICTURES_MAX } from './picture-limits.ts';
import { picturesOf } from './pictures.ts';
import { NO_DRAFT, type Playground } from './playground.ts';
import { faultsIn } from './settings.ts';
import { Thumbnails } from './thumbnails.tsx';
import { useStore } from './use-store.ts';

/** What is said next: Enter sends it, and a picture may be dropped, pasted or picked. */
export function Composer({ playground, models }: { playground: Playground; models: readonly Model[] }) {
  const { text, pictures } = useStore(playground.draft);
  const settings = useStore(playground.settings);
  const isRunning = useStore(playground.running) > 0;
  const [faults, setFaults] = useState<readonly string[]>([]);
  const [isOver, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const wrong = Object.values(faultsIn(settings));
  const canSend = (text.trim() !== '' || pictures.length > 0) && wrong.length === 0;
  const blind = models.filter((model) => settings.models.includes(model.id) && isBlind(model));

  const send = () => {
    if (!canSend) return;
    playground.send(text, pictures);
    playground.draft.set(NO_DRAFT);
    setFaults([]);
  };
  const take = async (files: Iterable<File>) => {
    const shown = playground.pictures().reduce((bytes, picture) => bytes + picture.bytes, 0);
    const read = await picturesOf(files, shown);
    const { text: now, pictures: before } = playground.draft.value;
    const all = [...before, ...read.pictures];
    playground.draft.set({ text: now, pictures: all.slice(0, PICTURES_MAX) });
    setFaults([...read.faults, ...(all.length > PICTURES_MAX ? [`There may be ${PICTURES_MAX} pictures.`] : [])]);
  };
  usePageDrop(take, setOver);

  return (
    <form
      class={isOver ? 'pg-composer over' : 'pg-composer'}
      aria-label="What is said next"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Thumbnails
        pictures={pictures}
        remove={(picture) => playground.draft.set({ text, pictures: pictures.filter((one) => one !== picture) })}
      />
      <textarea
        class="pg-input"
        rows={2}
        aria-label="Message"
        placeholder="Say something. Shift and Enter begin a new line."
        dir="auto"
        value={text}
        onInput={({ currentTarget }) => playground.draft.set({ text: currentTarget.value, pictures })}
        onKeyDown={(event) => {
          // While a word is put together from several keys, Enter takes the word.
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
        onPaste={(event) => {
          const files = [...(event.clipboardData?.files ?? [])];
          if (files.length === 0) return;
          event.preventDefault();
          void take(files);
        }}
      />
      {faults.map((fault) => (
        <p class="field-error" role="alert" key={fault}>
          {fault}
        </p>
      ))}
      {pictures.length > 0 && blind.length > 0 && (
        <Note tone="warn">{blind.map(({ id }) => id).join(' and ')} may not look at pictures.</Note>
      )}
      {wrong.length > 0 && (
        <p class="field-error" role="alert">
          Something in the settings cannot be sent: {wrong[0]}
        </p>
      )}
      <div class="pg-composer-foot">
        <input
          ref={picker}
          type="file"
          class="unseen"
          accept={PICTURE_TYPES.join(',')}
          multiple
          tabIndex={-1}
          aria-label="Pictures"
          onChange={({ currentTarget }) => {
            void take([...(currentTarget.files ?? [])]);
            currentTarget.value = '';
          }}
        />
        <Button kind="quiet" onClick={() => picker.current?.click()}>
          Add picture
        </Button>
        <Caller />
        {isRunning ? (
          <Button kind="primary" icon="close" onClick={() => playground.stop()}>
            Stop
          </Button>
        ) : (
          <Button kind="primary" icon="up" type="submit" disabled={!canSend}>
            Send
          </Button>
        )}
      </div>
    </form>
  );
}

/** Who pays for it. */
function Caller() {
  const { tenant } = useMe();
  return tenant === '' ? <span class="pg-caller" /> : <span class="pg-caller muted">on the bill of {tenant}</span>;
}

/** Pictures that are dropped anywhere on the page; a browser would leave the page for them. */
function usePageDrop(take: (files: Iterable<File>) => unknown, over: (isOver: boolean) => void): void {
  const current = useRef(take);
  current.current = take;
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const dragged = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(true);
    };
    // Of what is dragged from one element to the next, the last one left has none beside it.
    const left = (event: DragEvent) => {
      if (event.relatedTarget === null) over(false);
    };
    const dropped = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(false);
      void current.current([...(event.dataTransfer?.files ?? [])]);
    };
    addEventListener('dragover', dragged);
    addEventListener('dragleave', left);
    addEventListener('drop', dropped);
    return () => {
      removeEventListener('dragover', dragged);
      removeEventListener('dragleave', left);
      removeEventListener('drop', dropped);
    };
  }, []);
}
