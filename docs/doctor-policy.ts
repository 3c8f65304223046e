const BEGIN = '<!-- the policy, by npm run docs -->\n';
const END = '<!-- end of the policy -->';

/** @returns `page` with the policy of who runs the doctor between its two marks */
export function withPolicy(page: string, policy: object): string {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (before === undefined || after === undefined) throw new Error('docs/doctor.md has lost a mark of its policy');
  return `${before}${BEGIN}\`\`\`json\n${JSON.stringify(policy, null, 2)}\n\`\`\`\n${END}${after}`;
}
