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
  const [edited, edit] = useState<string>();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('textarea')?.focus(), [edited === undefined]);
  if (edited !== undefined)
    return (
      <form
        ref={form}
        class="pg-said edited"
        onSubmit={(event) => {
          event.preventDefault();
          playground.edit(turn, edited);
        }}
      >
        <TextArea
          aria-label="Message"
          value={edited}
          onChange={edit}
          onKeyDown={({ key }) => key === 'Escape' && edit(undefined)}
        />
        <p class="hint">What came after it is gone then.</p>
        <div class="actions">
          <Button small onClick={() => edit(undefined)}>
            Cancel
          </Button>
          <Button small kind="primary" type="submit" disabled={edited.trim() === '' && turn.pictures.length === 0}>
            Send
          </Button>
        </div>
      </form>
    );
  return (
    <div class="pg-said">
      <div class="pg-bubble">
        <Thumbnails pictures={turn.pictures} />
        {turn.text !== '' && (
          <p class="pg-text" dir="auto">
            <span class="unseen">You said: </span>
            {turn.text}
          </p>
        )}
      </div>
      <Button small kind="quiet" icon="edit" label="Edit the message" onClick={() => edit(turn.text)} />
    </div>
  );
}
