import { useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Select, TextArea, TextInput } from '../../ui/inputs.tsx';
import { effortsOf, type Model } from './models.ts';
import type { Playground } from './playground.ts';
import { EXAMPLE_TOOLS, faultsIn, type Settings } from './settings.ts';
import { useStore } from './use-store.ts';

/** As wide as the page stands beside the conversation; the style sheet has the same. */
const WIDE = '(min-width: 1181px)';

/** What requests are made with. What is left empty is left to the model. */
export function SettingsPanel({ playground, models }: { playground: Playground; models: readonly Model[] }) {
  const settings = useStore(playground.settings);
  const [isOpen] = useState(() => matchMedia(WIDE).matches);
  const faults = faultsIn(settings);
  const chosen = settings.models.map((id) => models.find((model) => model.id === id));
  const efforts = effortsOf(chosen);
  const most = Math.min(...chosen.map((model) => model?.max_output_tokens ?? Number.POSITIVE_INFINITY));
  const set = (name: keyof Settings) => (value: string) => playground.change({ [name]: value });
  return (
    <details class="pg-settings card" open={isOpen}>
      <summary>Settings</summary>
      <div class="pg-settings-body">
        <Field label="System prompt">
          <TextArea value={settings.system} onChange={set('system')} />
        </Field>
        <div class="pg-numbers">
          <Field label="Temperature" error={faults.temperature}>
            <TextInput
              {...{ type: 'number', min: 0, max: 2, step: 0.1, placeholder: 'default' }}
              value={settings.temperature}
              onChange={set('temperature')}
            />
          </Field>
          <Field label="Top p" error={faults.topP}>
            <TextInput
              {...{ type: 'number', min: 0, max: 1, step: 0.05, placeholder: 'default' }}
              value={settings.topP}
              onChange={set('topP')}
            />
          </Field>
          <Field label="Max tokens" error={faults.maxTokens}>
            <TextInput
              {...{ type: 'number', min: 1, step: 1, placeholder: 'default' }}
              value={settings.maxTokens}
              onChange={set('maxTokens')}
            />
          </Field>
          <Field label="Reasoning effort">
            <Select
              value={settings.effort}
              options={[{ value: '', label: 'default' }, ...efforts.map((one) => ({ value: one, label: one }))]}
              onChange={set('effort')}
              disabled={efforts.length === 0}
            />
          </Field>
        </div>
        {most !== Number.POSITIVE_INFINITY && (
          <p class="hint">An answer may have {most.toLocaleString('en-US')} tokens.</p>
        )}
        <Field label="Stop sequences" hint="One on each line." error={faults.stop}>
          <TextArea value={settings.stop} onChange={set('stop')} mono rows={2} />
        </Field>
        <Field label="Tools" hint="JSON, as OpenAI has it. You answer the calls yourself." error={faults.tools}>
          <TextArea value={settings.tools} onChange={set('tools')} mono rows={5} />
        </Field>
        {settings.tools === '' && (
          <Button small kind="quiet" onClick={() => set('tools')(EXAMPLE_TOOLS)}>
            Insert an example
          </Button>
        )}
      </div>
    </details>
  );
}
