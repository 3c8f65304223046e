import type { InfraSettings } from './index.ts';
import { bad, PREFIX } from './setting.ts';

/** Names that no two stacks can have and that are not made of the stage's: in DNS, or of everybody's in a region. */
const ONCE = {
  domain: ({ domain }) =>
    domain === undefined
      ? []
      : [...(domain.existing ? [] : [domain.name]), `${domain.name}/${domain.basePath}`, domain.containerName],
  cognito: ({ cognito, region }) => {
    const { prefix, name } = cognito?.domain ?? {};
    return [prefix && `${prefix}.auth.${region}`, name];
  },
} satisfies Partial<Record<keyof InfraSettings, (settings: InfraSettings) => (string | undefined)[]>>;

/** @throws TollgateError `bad_setting` where the stage would make what one `before` it makes */
export function once(settings: InfraSettings, before: readonly (readonly [key: string, InfraSettings])[]): void {
  for (const [setting, namesOf] of Object.entries(ONCE))
    for (const name of namesOf(settings))
      for (const [key, other] of before)
        if (name !== undefined && namesOf(other).includes(name))
          throw bad(PREFIX + setting, `makes ${name}, as ${key} does: each unit needs one of its own`);
}
