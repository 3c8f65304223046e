import { useState } from 'preact/hooks';
import { Badge, Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { TextArea } from '../../ui/inputs.tsx';
import { Problem } from '../../ui/states.tsx';
import { Code, CopyButton, Name } from '../../ui/text.tsx';
import { type Answer, type Call, isOver, type Step, type Turn, wantsResults } from './conversation.ts';
import { Figures } from './figures.tsx';
import { Said } from './markdown/said.tsx';
import { memo } from './memo.tsx';
import type { Playground } from './playground.ts';
import { useStore } from './use-store.ts';

/** What one model says in a turn. It alone is drawn anew while it is written. */
export const AnswerView = memo(function AnswerView({
  playground,
  turn,
  lane,
  answer,
  name,
  isLast,
}: {
  playground: Playground;
  turn: Turn;
  lane: number;
  answer: Answer;
  name: string;
  /** Only the last turn can be asked again: what came after another was said in its knowledge. */
  isLast: boolean;
}) {
  const steps = useStore(answer.steps);
  const last = steps.at(-1);
  const retry = isLast && last !== undefined && isOver(last) ? () => playground.retry(turn, lane) : undefined;
  return (
    <div class="pg-answer" aria-busy={last !== undefined && !isOver(last)}>
      <header class="pg-answer-head">
        <h2>
          <Name>{name}</Name> <span class="unseen">says</span>
        </h2>
        {last?.servedBy !== undefined && last.servedBy !== answer.model && (
          <Badge tone="info">answered by {last.servedBy}</Badge>
        )}
        {last?.notes?.map((note) => (
          <Badge key={note}>{note}</Badge>
        ))}
        {last?.state === 'stopped' && <Badge>stopped</Badge>}
      </header>
      {steps.map((step, at) => (
        <StepView key={at} step={step} retry={at === steps.length - 1 ? retry : undefined} />
      ))}
      {last !== undefined && isLast && wantsResults(last) && (
        <Results calls={last.calls} send={(results) => playground.answerCalls(turn, lane, results)} />
      )}
      {last !== undefined && isOver(last) && last.state !== 'failed' && (
        <div class="pg-answer-foot">
          {last.text !== '' && <CopyButton text={last.text}>Copy</CopyButton>}
          {retry !== undefined && (
            <Button small kind="quiet" icon="refresh" onClick={retry}>
              Try again
            </Button>
          )}
        </div>
      )}
    </div>
  );
});

/** Why an answer ended that is not at its end. */
const ENDS: Readonly<Record<string, string>> = {
  length: 'The answer was cut off at its limit of tokens.',
  content_filter: 'The answer was held back by a filter or a guardrail.',
};

const StepView = memo(function StepView({ step, retry }: { step: Step; retry: (() => void) | undefined }) {
  const { state, text, thought, calls, results, finish, problem } = step;
  return (
    <div class="pg-step">
      {state === 'waiting' && text === '' && (
        <p class="pg-waiting muted">
          <span class="spinner" aria-hidden="true" /> Waiting for the first token…
        </p>
      )}
      {thought !== '' && (
        <details class="pg-thought">
          <summary>Thought</summary>
          <p class="pg-text" dir="auto">
            {thought}
          </p>
        </details>
      )}
      {text !== '' && <Said text={text} />}
      {calls.map((call) => (
        <CallView key={call.id} call={call} result={results?.[call.id]} />
      ))}
      {finish !== undefined && ENDS[finish] !== undefined && <Note tone="warn">{ENDS[finish]}</Note>}
      {problem !== undefined && <Problem error={problem} retry={retry} />}
      {isOver(step) && state !== 'failed' && <Figures step={step} />}
    </div>
  );
});

function CallView({ call, result }: { call: Call; result: string | undefined }) {
  return (
    <div class="pg-call">
      <p>
        Calls <code>{call.name}</code>
      </p>
      <Code label={`Arguments of ${call.name}`}>{pretty(call.arguments)}</Code>
      {result !== undefined && (
        <>
          <p>Returned</p>
          <Code label={`Result of ${call.name}`}>{result}</Code>
        </>
      )}
    </div>
  );
}

/** @returns it indented, once it is whole */
function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

/** A tool is the caller’s own program: here somebody says what it returns. */
function Results({ calls, send }: { calls: readonly Call[]; send(results: Readonly<Record<string, string>>): void }) {
  const [results, set] = useState<Readonly<Record<string, string>>>({});
  return (
    <form
      class="pg-results"
      onSubmit={(event) => {
        event.preventDefault();
        send(results);
      }}
    >
      {calls.map(({ id, name }, at) => (
        <Field key={id} label={`What ${titleOf(calls, at, name)} returns`}>
          <TextArea mono rows={2} value={results[id] ?? ''} onChange={(value) => set({ ...results, [id]: value })} />
        </Field>
      ))}
      <Button small kind="primary" type="submit">
        {calls.length === 1 ? 'Send result' : 'Send results'}
      </Button>
    </form>
  );
}

/** @returns the tool’s name, with a number where it is called more than once */
function titleOf(calls: readonly Call[], at: number, name: string): string {
  const same = calls.filter((call) => call.name === name);
  return same.length === 1 ? name : `${name} (call ${same.findIndex(({ id }) => id === calls[at]?.id) + 1})`;
}
