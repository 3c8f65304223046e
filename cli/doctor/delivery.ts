import { type Check, ifThere, type Problem, STAGE, wrong } from './check.ts';
import { isLike } from './deployed.ts';
import { REVERT } from './mend.ts';

type Properties = Record<string, unknown>;

/** A filter that hands lines of a log group on, as the API names its members; a template's are the same, in capitals. */
interface Filter {
  filterName?: string;
  filterPattern?: string;
  destinationArn?: string;
  roleArn?: string;
}

export interface SubscriptionSeen {
  groups: { name: string; deployed: Filter[]; found: Filter[] | undefined }[];
}

/** The lines that are the bill leave the log by it, and nothing else does. */
export const subscription: Check<SubscriptionSeen> = {
  id: 'log subscription',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'logs:DescribeSubscriptionFilters'],
  async read({ deployed, ask }) {
    const all = (await deployed()).of('AWS::Logs::SubscriptionFilter').map(({ properties }) => properties);
    const groups = Map.groupBy(all, ({ LogGroupName }) => String(LogGroupName));
    return {
      groups: await Promise.all(
        [...groups].map(async ([logGroupName, filters]) => {
          const said = await ifThere(ask('logs', 'DescribeSubscriptionFilters', { logGroupName }));
          const deployed = filters.map(({ FilterName, FilterPattern, DestinationArn, RoleArn }) => ({
            ...{
              filterName: FilterName,
              filterPattern: FilterPattern,
              destinationArn: DestinationArn,
              roleArn: RoleArn,
            },
          }));
          return {
            name: logGroupName,
            deployed: deployed as Filter[],
            found: said?.subscriptionFilters as Filter[] | undefined,
          };
        }),
      ),
    };
  },
  judge({ groups }) {
    const lost = 'usage lines are lost for as long as it is so';
    const problems = groups.flatMap(({ name, deployed, found }): Problem[] => {
      if (found === undefined) return [wrong(`the log group ${name} is gone: ${lost}`, REVERT)];
      const more = found.filter((one) => !deployed.some(({ filterName }) => isLike(filterName ?? '', one.filterName)));
      return [
        ...deployed.flatMap((filter): Problem[] => {
          const there = found.find((one) => isLike(filter.filterName ?? one.filterName, one.filterName));
          if (there === undefined) return [wrong(`${name} hands nothing on by ${filter.filterName}: ${lost}`, REVERT)];
          return Object.entries(filter)
            .filter(([member, said]) => said !== undefined && !isLike(said, there[member as keyof Filter]))
            .map(([member, said]) =>
              wrong(
                `${name}: ${member} of ${filter.filterName} is ${there[member as keyof Filter]}, and was deployed as ${said}`,
                REVERT,
              ),
            );
        }),
        ...more.map(({ filterName, destinationArn }) =>
          wrong(
            `${name}: ${filterName} hands its lines on to ${destinationArn} too, which was not deployed`,
            `aws logs delete-subscription-filter --log-group-name ${name} --filter-name '${filterName}'`,
          ),
        ),
      ];
    });
    return {
      ok: groups.flatMap(({ deployed }) => deployed.map(({ filterPattern }) => filterPattern)).join('; '),
      problems,
    };
  },
};

export interface StreamSeen {
  streams: { name: string; deployed: Properties; found: FoundStream | undefined }[];
}

/** Of DescribeDeliveryStream (https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamDescription.html). */
interface FoundStream {
  DeliveryStreamStatus?: string;
  Destinations?: { ExtendedS3DestinationDescription?: Properties }[];
}

/** Members of its destination that make the objects which the aggregation reads. */
const FORM = [
  'BucketARN',
  'RoleARN',
  'Prefix',
  'ErrorOutputPrefix',
  'CustomTimeZone',
  'CompressionFormat',
  'FileExtension',
  'BufferingHints',
] as const;

interface Processors {
  Enabled?: boolean;
  Processors?: { Type?: string; Parameters?: { ParameterName?: string; ParameterValue?: string }[] }[];
}

export const stream: Check<StreamSeen> = {
  id: 'delivery',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'firehose:DescribeDeliveryStream'],
  async read({ deployed, ask }) {
    const all = (await deployed()).of('AWS::KinesisFirehose::DeliveryStream');
    const streams = all.map(async ({ id, properties }) => {
      const said = await ifThere(ask('firehose', 'DescribeDeliveryStream', { DeliveryStreamName: id }));
      const found = said?.DeliveryStreamDescription as FoundStream | undefined;
      return { name: id, deployed: (properties.ExtendedS3DestinationConfiguration ?? {}) as Properties, found };
    });
    return all.length === 0 ? undefined : { streams: await Promise.all(streams) };
  },
  judge({ streams }) {
    const problems = streams.flatMap(({ name, deployed, found }): Problem[] => {
      if (found === undefined) return [wrong(`the stream ${name} is gone: usage lines are lost after a day`, REVERT)];
      const form = found.Destinations?.[0]?.ExtendedS3DestinationDescription ?? {};
      const changed = FORM.filter(
        (member) => deployed[member] !== undefined && !isLike(deployed[member], form[member]),
      );
      const { Enabled } = (form.DynamicPartitioningConfiguration ?? {}) as { Enabled?: boolean };
      const partitions = ((deployed.DynamicPartitioningConfiguration ?? {}) as { Enabled?: boolean }).Enabled === true;
      return [
        ...(found.DeliveryStreamStatus === 'ACTIVE'
          ? []
          : [
              wrong(
                `${name} is ${found.DeliveryStreamStatus}`,
                'aws firehose describe-delivery-stream says why; npx cdk deploy',
              ),
            ]),
        ...changed.map((member) =>
          wrong(
            `${name}: ${member} is ${JSON.stringify(form[member])}, and was deployed as ${JSON.stringify(deployed[member])}`,
            REVERT,
          ),
        ),
        ...(Enabled === true && !partitions
          ? [wrong(`${name} partitions by itself: the aggregation does not find such objects`, REVERT)]
          : []),
        ...(sameProcessors(deployed.ProcessingConfiguration as Processors, form.ProcessingConfiguration as Processors)
          ? []
          : [wrong(`${name} takes lines apart otherwise than deployed: they would not be read`, REVERT)]),
      ];
    });
    return { ok: `${streams.map(({ name }) => name).join(', ')}: as deployed`, problems };
  },
};

/** Firehose fills in parameters that were not given. */
function sameProcessors(deployed: Processors = {}, found: Processors = {}): boolean {
  const list = found.Processors ?? [];
  return (
    (deployed.Enabled ?? false) === (found.Enabled ?? false) &&
    (deployed.Processors ?? []).length === list.length &&
    (deployed.Processors ?? []).every(({ Type, Parameters = [] }, index) => {
      const there = list[index];
      return (
        there?.Type === Type &&
        Parameters.every(({ ParameterName, ParameterValue }) =>
          there?.Parameters?.some(
            (one) => one.ParameterName === ParameterName && one.ParameterValue === ParameterValue,
          ),
        )
      );
    })
  );
}
