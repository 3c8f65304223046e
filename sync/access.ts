import { GetFoundationModelAvailabilityCommand, GetUseCaseForModelAccessCommand } from '@aws-sdk/client-bedrock';
import { eachOf } from './each.ts';
import { bedrockIn, type ClientConfig, reasonOf } from './read.ts';

/** Whether the account may use a model at all; a call of one that it may not is refused, or begins a subscription. */
export interface Access {
  /** A foundation model's id. */
  model: string;
  region: string;
  /** What is missing, as AWS names it, e.g. `agreement NOT_AVAILABLE`; none: it can be used. */
  missing: string[];
}

/**
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetFoundationModelAvailability.html
 *
 * @param models of vendors other than Amazon: its own need neither agreement nor form
 */
export async function readAccess(
  clientConfig: ClientConfig,
  models: readonly { id: string; region: string }[],
): Promise<Access[]> {
  return eachOf(models, async ({ id: modelId, region }) => {
    try {
      const said = await bedrockIn(clientConfig, region).send(new GetFoundationModelAvailabilityCommand({ modelId }));
      const states = {
        agreement: said.agreementAvailability?.status,
        authorization: said.authorizationStatus,
        entitlement: said.entitlementAvailability,
        region: said.regionAvailability,
      };
      const missing = Object.entries(states).filter(([, state]) => state !== 'AVAILABLE' && state !== 'AUTHORIZED');
      return { model: modelId, region, missing: missing.map(([what, state]) => `${what} ${state ?? 'unknown'}`) };
    } catch (error) {
      return { model: modelId, region, missing: [`unread: ${reasonOf(error)}`] };
    }
  });
}

/**
 * Whether the form is filled in that Anthropic asks of an account, once for all of its models.
 *
 * @returns undefined where AWS does not say
 */
export async function hasUseCase(clientConfig: ClientConfig, region: string): Promise<boolean | undefined> {
  try {
    const { formData } = await bedrockIn(clientConfig, region).send(new GetUseCaseForModelAccessCommand({}));
    return formData !== undefined && formData.length > 0;
  } catch (error) {
    return reasonOf(error) === 'ResourceNotFoundException' ? false : undefined;
  }
}
