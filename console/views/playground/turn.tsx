import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/inputs.tsx';
import { AnswerView } from './answer.tsx';
import type { Turn } from './conversation.ts';
import { memo } from './memo.tsx';
import type { Model } from './models.ts';
import type { Playground } from './playground.ts';
import { Thumbnails } from './thumbnails.tsx';

/** What a person said, and below it what each model that was asked made of it. */
export const TurnView = memo(function TurnView({
  playground,
  turn,
  models,
  isLast,
}: {
  playground: Playground;
  turn: Turn;
  models: readonly Model[];
  isLast: boolean;
}) {
  return (
    <article class="pg-turn">
      <Said playground={playground} turn={turn} />
      <div class={turn.answers.length > 1 ? 'pg-answers two' : 'pg-answers'}>
        {turn.answers.map((answer, lane) => (
          <AnswerView
            key={lane}
            playground={playground}
            turn={turn}
            lane={lane}
            answer={answer}
            name={models.find(({ id }) => id === answer.model)?.display_name ?? answer.model}
            isLast={isLast}
          />
        ))}
      </div>
    </article>
  );
});

function Said({ playground, turn }: { playground: Playground; turn: Turn }) {
  const [isEdited, edit] = useState(false);
  const said = useRef<HTMLDivElement>(null);
  const wasEdited = useRef(false);
  // Whoever leaves it by keyboard goes on from where it was begun.
  useEffect(() => {
    if (wasEdited.current && !isEdited) said.current?.querySelector<HTMLButtonElement>(':scope > .button')?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);
  if (isEdited) return <Edited playground={playground} turn={turn} onClose={() => edit(false)} />;
  return (
    <div class="pg-said" ref={said}>
      <div class="pg-bubble">
        <Thumbnails pictures={turn.pictures} />
        {turn.text !== '' && (
          <p class="pg-text" dir="auto">
            <span class="unseen">You said: </span>
            {turn.text}
          </p>
        )}
      </div>
      <Button small kind="quiet" icon="edit" label="Edit the message" onClick={() => edit(true)} />
    </div>
  );
}

/** What is said instead, with what is still shown of its pictures. */
function Edited({ playground, turn, onClose }: { playground: Playground; turn: Turn; onClose(): void }) {
  const [text, setText] = useState(turn.text);
  const [pictures, setPictures] = useState(turn.pictures);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('textarea')?.focus(), []);
  return (
    <form
      ref={form}
      class="pg-said edited"
      onSubmit={(event) => {
        event.preventDefault();
        playground.edit(turn, text, pictures);
      }}
    >
      <Thumbnails pictures={pictures} remove={(picture) => setPictures(pictures.filter((one) => one !== picture))} />
      <TextArea
        aria-label="Message"
        value={text}
        onChange={setText}
        onKeyDown={({ key }) => key === 'Escape' && onClose()}
      />
      <p class="hint">What came after it is gone then.</p>
      <div class="actions">
        <Button small onClick={onClose}>
          Cancel
        </Button>
        <Button small kind="primary" type="submit" disabled={text.trim() === '' && pictures.length === 0}>
          Send
        </Button>
      </div>
    </form>
  );
}
