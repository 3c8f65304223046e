import type { Json } from '../../../contract/json.ts';
import { METADATA_MAX, METADATA_MAX_CHARS } from '../../../contract/limits/surfaces.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import type { ConverseRequest } from '../converse.ts';
import type { Members } from '../fields.ts';
import { type Effort, reasoningFields } from '../means.ts';
import { type Format, formatted, type Asked as Structured } from '../structured.ts';
import type { Conversation } from './blocks.ts';
import type { Offer } from './tools.ts';

/** A request of Converse's, and how its answer is to be read. */
export interface Asked extends Structured {
  reading: Reading;
}

export interface Reading {
  /** Whether the answer has no more than one call. */
  oneCall: boolean;
}

/** What OpenAI's formats ask for, each by members of its own. */
export interface Wanted extends Conversation {
  offer: Offer;
  format: Format | undefined;
  effort: Effort | undefined;
  maxTokens: number | undefined;
  inferenceConfig: Omit<NonNullable<ConverseRequest['inferenceConfig']>, 'maxTokens'>;
  /** How the format calls what a refusal may have to name. */
  names: { effort: string; room: string; format: string };
  oneCall: boolean;
  /** The whole request, for what both formats call alike: service_tier, metadata, user, safety_identifier. */
  body: Members;
}

/** @throws TollgateError `invalid_request` naming what the model has no means for */
export function askedOf(wanted: Wanted, model: AllowedModel): Asked {
  const { system, messages, offer, effort, maxTokens, names, body } = wanted;
  const { toolConfig, textFormat, answerTool } = formatted(wanted.format, model, toolConfigOf(offer), names.format);
  const inferenceConfig = { ...(maxTokens === undefined ? {} : { maxTokens }), ...wanted.inferenceConfig };
  const { temperature = 1 } = inferenceConfig;
  const forced = offer.choice === undefined ? names.format : 'tool_choice';
  const heated = temperature === 1 ? undefined : 'temperature';
  const conflict = toolConfig?.toolChoice === undefined ? heated : forced;
  const reasoning =
    effort === undefined ? {} : reasoningFields(model, { effort, room: maxTokens, names, conflict, resumed: messages });
  return {
    request: {
      messages,
      ...(system.length === 0 ? {} : { system }),
      ...unlessEmpty('inferenceConfig', inferenceConfig),
      ...(toolConfig === undefined ? {} : { toolConfig }),
      ...(textFormat === undefined ? {} : { outputConfig: { textFormat } }),
      ...unlessEmpty('additionalModelRequestFields', reasoning),
      ...unlessEmpty('requestMetadata', labelsOf(body)),
      ...tierOf(body.service_tier),
    },
    ...(answerTool === undefined ? {} : { answerTool }),
    reading: { oneCall: wanted.oneCall },
  };
}

function unlessEmpty<Name extends string, T extends object>(name: Name, value: T): { [N in Name]?: T } {
  return Object.keys(value).length === 0 ? {} : ({ [name]: value } as { [N in Name]?: T });
}

function toolConfigOf({ tools, choice }: Offer): ConverseRequest['toolConfig'] {
  if (tools.length === 0) return undefined;
  return choice === undefined ? { tools } : { tools, toolChoice: choice };
}

/** Those that Bedrock has too; `auto` and `default` ask for what a call without a tier is. */
function tierOf(value: Json | undefined): Pick<ConverseRequest, 'serviceTier'> {
  if (value == null || value === 'auto' || value === 'default') return {};
  return { serviceTier: { type: value === 'fast' ? 'priority' : String(value) } };
}

/** Characters that Converse's requestMetadata does not take. */
const NO_LABEL = /[^A-Za-z0-9\s:_@$#=/+,.-]/g;

/** The caller's own labels, which go into invocation logs and decide nothing: who called is in the session's name and tags. */
function labelsOf({ metadata, user, safety_identifier }: Members): Record<string, string> {
  const given = Object.entries({ safety_identifier, user, ...(metadata as Members | null) });
  const label = (text: string): string => text.slice(0, METADATA_MAX_CHARS).replace(NO_LABEL, '_');
  return Object.fromEntries(
    given
      .filter(([name, value]) => name !== '' && typeof value === 'string')
      .slice(0, METADATA_MAX)
      .map(([name, value]) => [label(name), label(value as string)]),
  );
}
