import type { Access } from '../../../policies/simulate/types.ts';
import { findGuardrail } from '../bedrock/guardrails.ts';
import { createResolver, type Resolver } from '../bedrock/resolve.ts';
import { invalid } from '../error.ts';
import { isObject, type JsonObject, textOf } from '../read.ts';

/** The models that the agent runtime calls in its caller's name, and what IAM is asked for them. */
export interface Models {
  /** @param guardrail its ARN with its version @throws AwsError for what is no model */
  answering(
    model: string,
    action: string,
    region: string,
    account: string,
    guardrail?: string,
  ): { needs: Access[]; check(): void };
  /** What orders passages, where a configuration names something. */
  ranking(configuration: JsonObject, region: string, account: string): Access[];
}

export function createModels(): Models {
  const resolvers = new Map<string, Resolver>();
  const resolverOf = (account: string): Resolver => {
    const resolver = resolvers.get(account) ?? createResolver(account);
    resolvers.set(account, resolver);
    return resolver;
  };

  const answering: Models['answering'] = (model, action, region, account, guardrail) => {
    const resolved = resolverOf(account).resolve(model, action, region, { guardrail });
    const [first] = resolved.accesses;
    const profile = /:(?:application-)?inference-profile\//.test(first?.resource ?? '');
    return {
      needs: [
        ...(profile && first ? [{ ...first, action: 'bedrock:GetInferenceProfile', context: {} }] : []),
        ...resolved.accesses,
        ...(guardrail === undefined
          ? []
          : [
              {
                action: 'bedrock:ApplyGuardrail',
                resource: guardrail.split(':').slice(0, 6).join(':'),
                context: {},
              },
            ]),
      ],
      check() {
        if (guardrail !== undefined) findGuardrail(guardrail);
        resolved.model();
      },
    };
  };

  return {
    answering,
    ranking(configuration, region, account) {
      const found = ['vectorSearchConfiguration', 'managedSearchConfiguration'].flatMap((search) => {
        const arn = at(configuration, [
          search,
          'rerankingConfiguration',
          'bedrockRerankingConfiguration',
          'modelConfiguration',
          'modelArn',
        ]);
        return arn === undefined ? [] : [textOf(arn, 'modelArn')];
      });
      return found.flatMap((arn) => {
        if (!arn.startsWith('arn:')) throw invalid('modelArn must be an ARN.');
        return [
          { action: 'bedrock:Rerank', resource: '*', context: {} },
          ...answering(arn, 'bedrock:InvokeModel', region, account).needs,
        ];
      });
    },
  };
}

/** @returns undefined where it is not there */
export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => (isObject(found) ? found[name] : undefined), value);
}
