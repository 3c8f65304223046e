import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/inputs.tsx';
import { Time } from '../../ui/text.tsx';
import { type Model, titleOf } from './models.ts';
import type { Playground } from './playground.ts';
import { useStore } from './use-store.ts';

/** Which model is talked with, and which one beside it. */
export function Pickers({ playground, models }: { playground: Playground; models: readonly Model[] }) {
  const { models: chosen } = useStore(playground.settings);
  const options = models.map((model) => ({ value: model.id, label: titleOf(model) }));
  const others = models.filter(({ id }) => id !== chosen[0]);
  const other = others.find(({ sunset_at }) => sunset_at === undefined) ?? others[0] ?? models[0];
  const choose = (at: number, id: string) =>
    playground.change({ models: chosen.map((one, lane) => (lane === at ? id : one)) });
  return (
    <div class="pg-pickers">
      {chosen.map((id, lane) => (
        <div key={lane} class="pg-picker">
          <Select
            label={lane === 0 ? 'Model' : 'Model to compare with'}
            value={id}
            options={options}
            onChange={(value) => choose(lane, value)}
          />
          <Ending model={models.find((model) => model.id === id)} />
          {lane === 1 && (
            <Button
              kind="quiet"
              icon="close"
              label="Compare no more"
              onClick={() => playground.change({ models: chosen.slice(0, 1) })}
            />
          )}
        </div>
      ))}
      {chosen.length === 1 && other !== undefined && (
        <Button icon="plus" onClick={() => playground.change({ models: [...chosen, other.id] })}>
          Compare
        </Button>
      )}
    </div>
  );
}

function Ending({ model }: { model: Model | undefined }) {
  if (model?.sunset_at === undefined) return null;
  return (
    <Badge tone="warn">
      ends <Time at={model.sunset_at * 1000} ago />
      {model.successor !== undefined && <>, then {model.successor}</>}
    </Badge>
  );
}
