import type { Service } from '../network/services.ts';
import type { InfraSettings } from './index.ts';
import { bad, PREFIX } from './setting.ts';

/** What functions of every stage speak to; an endpoint of it answers to AWS's own name, which a VPC has once. */
const ALWAYS: readonly Service[] = ['events', 'monitoring'];

/** What there can be one of, and is not named after the stage: in DNS, of everybody's in a region, or of an account's in one. */
const ONCE = {
  domain: ({ domain }) =>
    domain === undefined
      ? []
      : [...(domain.existing ? [] : [domain.name]), `${domain.name}/${domain.basePath}`, domain.containerName],
  cognito: ({ cognito, region }) => {
    const { prefix, name } = cognito?.domain ?? {};
    return [prefix && `${prefix}.auth.${region}`, name];
  },
  network: ({ network }) => {
    const { vpc, endpoints = [] } = network ?? {};
    if (vpc === undefined || !('id' in vpc)) return [];
    return ALWAYS.filter((service) => !endpoints.includes(service)).map(
      (service) => `an endpoint of ${service} in ${vpc.id}`,
    );
  },
  invocationLogging: ({ invocationLogging, modelRegions, account = 'the account' }) =>
    invocationLogging === undefined ? [] : modelRegions.map((region) => `Bedrock’s log of ${account} in ${region}`),
} satisfies Partial<Record<keyof InfraSettings, (settings: InfraSettings) => (string | undefined)[]>>;

/** @throws TollgateError `bad_setting` where the stage would make what one `before` it makes */
export function once(settings: InfraSettings, before: readonly (readonly [key: string, InfraSettings])[]): void {
  for (const [setting, namesOf] of Object.entries(ONCE))
    for (const name of namesOf(settings))
      for (const [key, other] of before)
        if (name !== undefined && namesOf(other).includes(name))
          throw bad(PREFIX + setting, `makes ${name}, as ${key} does: there can be one alone`);
}
