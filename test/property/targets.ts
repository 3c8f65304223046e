import fc from 'fast-check';
import { ACTIONS, type Target, type TargetKind, type TargetOf } from '../../contract/model.ts';

/** Targets as a registry may hold them, for properties that must hold of every one. */

export const account = '111122223333';
export const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1'] as const;

const region = fc.constantFrom(...REGIONS);
const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
export const modelId = fc
  .tuple(word, word, fc.nat(9))
  .map(([provider, name, version]) => `${provider}.${name}:${version}`);
const generatedId = fc.stringMatching(/^[a-z0-9]{12}$/);
export const actions = fc.subarray([...ACTIONS], { minLength: 1 });

export const foundation = (where: string, id: string): string => `arn:aws:bedrock:${where}::foundation-model/${id}`;
const owned = (service: string, where: string, type: string, id: string): string =>
  `arn:aws:${service}:${where}:${account}:${type}/${id}`;

const foundationModel = fc
  .tuple(region, modelId)
  .map(([where, id]) => ({ kind: 'bedrock-model' as const, modelId: id, region: where, arn: foundation(where, id) }));
const single: fc.Arbitrary<TargetOf<'bedrock-model'>> = fc.oneof(
  foundationModel,
  fc
    .tuple(region, fc.constantFrom('provisioned-model', 'custom-model-deployment', 'imported-model'), generatedId)
    .map(([where, type, id]) => {
      const arn = owned('bedrock', where, type, id);
      return { kind: 'bedrock-model' as const, modelId: arn, region: where, arn };
    }),
);

export const profile: fc.Arbitrary<TargetOf<'bedrock-profile'>> = fc
  .tuple(region, modelId, fc.subarray([...REGIONS], { minLength: 1 }))
  .map(([where, id, destinations]) => ({
    kind: 'bedrock-profile',
    modelId: `us.${id}`,
    region: where,
    arn: owned('bedrock', where, 'inference-profile', `us.${id}`),
    modelArns: destinations.map((destination) => foundation(destination, id)),
  }));

const endpoint: fc.Arbitrary<TargetOf<'sagemaker-endpoint'>> = fc
  .tuple(region, word, fc.option(word), fc.option(word), fc.boolean())
  .map(([where, name, component, model, later]) => ({
    kind: 'sagemaker-endpoint',
    endpointName: name.replace(/-+$/, ''),
    region: where,
    arn: owned('sagemaker', where, 'endpoint', name.replace(/-+$/, '')),
    ...(component === null
      ? model === null
        ? later && { asyncInput: 's3://inputs/' }
        : { targetModel: `${model}.tar.gz` }
      : { componentArn: owned('sagemaker', where, 'inference-component', component.replace(/-+$/, '')) }),
  }));

const marketplace: fc.Arbitrary<TargetOf<'bedrock-endpoint'>> = fc.tuple(region, word).map(([where, name]) => ({
  kind: 'bedrock-endpoint',
  region: where,
  arn: owned('sagemaker', where, 'endpoint', name.replace(/-+$/, '')),
}));

const generated = fc.stringMatching(/^[0-9A-Z]{10}$/);
const ownResource = <Kind extends TargetKind>(kind: Kind, resource: fc.Arbitrary<string>) =>
  fc.tuple(region, resource).map(([where, named]) => ({
    kind,
    region: where,
    arn: `arn:aws:bedrock:${where}:${account}:${named}`,
  })) as unknown as fc.Arbitrary<TargetOf<Kind>>;
const twoIds = (text: (one: string, other: string) => string) =>
  fc.tuple(generated, generated).map(([one, other]) => text(one, other));

/** A model in the region of the call, or through a profile, the first of the list; with those behind it. */
const listed = (where: string): fc.Arbitrary<string[]> =>
  fc
    .tuple(modelId, fc.option(fc.subarray([...REGIONS], { minLength: 1 })))
    .map(([id, destinations]) =>
      destinations === null
        ? [foundation(where, id)]
        : [
            owned('bedrock', where, 'inference-profile', `us.${id}`),
            ...destinations.map((destination) => foundation(destination, id)),
          ],
    );
const ids = (models: readonly string[]): string => models.at(-1)?.split('/')[1] ?? '';

const prompt: fc.Arbitrary<TargetOf<'bedrock-prompt'>> = region.chain((where) =>
  fc.tuple(generated, fc.integer({ min: 1, max: 99_999 }), listed(where)).map(([id, version, modelArns]) => ({
    kind: 'bedrock-prompt',
    region: where,
    arn: owned('bedrock', where, 'prompt', `${id}:${version}`),
    modelArns,
  })),
);

const router: fc.Arbitrary<TargetOf<'bedrock-prompt-router'>> = region.chain((where) =>
  fc
    .tuple(
      fc.oneof(
        generatedId.map((id) => owned('bedrock', where, 'prompt-router', id)),
        modelId.map((id) => owned('bedrock', where, 'default-prompt-router', id)),
      ),
      fc.uniqueArray(listed(where), { minLength: 1, maxLength: 2, selector: ids }),
    )
    .map(([arn, models]) => ({ kind: 'bedrock-prompt-router', region: where, arn, modelArns: models.flat() })),
);

const guardrail: fc.Arbitrary<TargetOf<'bedrock-guardrail'>> = fc
  .tuple(region, generatedId, fc.constantFrom('1', '27', 'DRAFT'))
  .map(([where, id, version]) => ({
    kind: 'bedrock-guardrail',
    region: where,
    arn: owned('bedrock', where, 'guardrail', id),
    version,
  }));

/** One for each kind that there is: a kind without one does not compile. */
export const targets: { readonly [Kind in TargetKind]: fc.Arbitrary<TargetOf<Kind>> } = {
  'bedrock-model': single,
  'bedrock-profile': profile,
  'bedrock-endpoint': marketplace,
  'sagemaker-endpoint': endpoint,
  'bedrock-prompt': prompt,
  'bedrock-prompt-router': router,
  'bedrock-guardrail': guardrail,
  'bedrock-knowledge-base': ownResource(
    'bedrock-knowledge-base',
    generated.map((id) => `knowledge-base/${id}`),
  ),
  'bedrock-agent': ownResource(
    'bedrock-agent',
    twoIds((agent, alias) => `agent-alias/${agent}/${alias}`),
  ),
  'bedrock-inline-agent': fc
    .tuple(fc.oneof(foundationModel, profile), fc.stringMatching(/^[a-z](?:[_-]?[0-9a-zA-Z]){0,20}$/))
    .map(([{ region: where, arn, ...model }, agentName]) => ({
      kind: 'bedrock-inline-agent',
      agentName,
      region: where,
      arn,
      modelArns: model.kind === 'bedrock-profile' ? model.modelArns : [arn],
    })),
  // With or without an execution, which a call adds.
  'bedrock-flow': ownResource(
    'bedrock-flow',
    fc
      .tuple(
        twoIds((flow, alias) => `flow/${flow}/alias/${alias}`),
        fc.option(fc.stringMatching(/^[0-9a-f]{32}$/)),
      )
      .map(([alias, execution]) => (execution === null ? alias : `${alias}/execution/${execution}`)),
  ),
};
export const target: fc.Arbitrary<Target> = fc.oneof(...Object.values<fc.Arbitrary<Target>>(targets));

/** Also those that a stage has only when it says so. */
export const EVERY_KIND = Object.keys(targets) as TargetKind[];
