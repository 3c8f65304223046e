import type { ComponentChildren } from 'preact';
import { useMe } from '../../me.ts';
import { href } from '../../router.ts';
import { CopyButton, Count, Money } from '../../ui/text.tsx';
import type { Step } from './conversation.ts';

/** What an answer took: tokens, dollars, time, and the id under which it is in the log. */
export function Figures({ step }: { step: Step }) {
  const me = useMe();
  const { state, usage, firstMs, totalMs, requestId } = step;
  const { prompt_tokens: input, completion_tokens: output, cost, prompt_tokens_details: details } = usage ?? {};
  const cached = details?.cached_tokens ?? 0;
  const rate = rateOf(output, firstMs, totalMs);
  return (
    <dl class="pg-figures">
      {usage !== undefined && (
        <>
          <Figure name="In">
            <Count of={input} unit={cached > 0 ? `${tokens(input)}, ${cached} cached` : tokens(input)} />
          </Figure>
          <Figure name="Out">
            <Count of={output} unit={tokens(output)} />
          </Figure>
          <Figure name="Cost">
            <Money usd={cost} />
          </Figure>
        </>
      )}
      {state === 'stopped' && usage === undefined && (
        // The gateway reads on what a model has begun, and it is paid for.
        <Figure name="Cost">as much as the model went on to write; the log tells it</Figure>
      )}
      {totalMs !== undefined && <Figure name="Time">{seconds(totalMs)}</Figure>}
      {firstMs !== undefined && <Figure name="First token">{seconds(firstMs)}</Figure>}
      {rate !== undefined && <Figure name="Speed">{rate} tokens/s</Figure>}
      {requestId !== undefined && (
        <Figure name="Request">
          {me.admin ? (
            <a class="mono" href={href(['requests', requestId])}>
              {requestId}
            </a>
          ) : (
            <span class="mono">{requestId}</span>
          )}
          <CopyButton text={requestId} />
        </Figure>
      )}
    </dl>
  );
}

function Figure({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function tokens(count: number | undefined): string {
  return count === 1 ? 'token' : 'tokens';
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** @returns undefined where too little came, or all of it at once, for it to say anything */
function rateOf(output: number | undefined, firstMs = 0, totalMs = 0): number | undefined {
  const ms = totalMs - firstMs;
  return output === undefined || output < 10 || ms < 100 ? undefined : Math.round(((output - 1) * 1000) / ms);
}
