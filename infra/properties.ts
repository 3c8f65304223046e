import { type CfnResource, Stack } from 'aws-cdk-lib';

type Properties = Readonly<Record<string, unknown>>;

/** What a resource has, as the template will have it: for who looks at what other constructs made. */
export function propertiesOf(node: CfnResource): Properties {
  const [found] = Object.values(
    (Stack.of(node).resolve(node._toCloudFormation()) as { Resources: Record<string, { Properties?: Properties }> })
      .Resources,
  );
  return found?.Properties ?? {};
}
