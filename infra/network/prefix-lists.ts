/** Of the addresses of S3 and DynamoDB in a region. */
export interface PrefixLists {
  s3: string;
  dynamodb: string;
}

/**
 * AWS's own lists, whose ids are the same in every account of a region and in no document of AWS: CloudFormation cannot ask for
 * them, and a template is made without an account. A wrong one would fail the deployment; of a region that is not here they are
 * told by `tollgate:network.prefixLists`.
 */
export const PREFIX_LISTS: Readonly<Record<string, PrefixLists>> = {
  'ap-northeast-1': { s3: 'pl-61a54008', dynamodb: 'pl-78a54011' },
  'ap-northeast-2': { s3: 'pl-78a54011', dynamodb: 'pl-48a54021' },
  'ap-south-1': { s3: 'pl-78a54011', dynamodb: 'pl-66a7420f' },
  'ap-southeast-1': { s3: 'pl-6fa54006', dynamodb: 'pl-67a5400e' },
  'ap-southeast-2': { s3: 'pl-6ca54005', dynamodb: 'pl-62a5400b' },
  'ca-central-1': { s3: 'pl-7da54014', dynamodb: 'pl-4ea54027' },
  'eu-central-1': { s3: 'pl-6ea54007', dynamodb: 'pl-66a5400f' },
  'eu-north-1': { s3: 'pl-c3aa4faa', dynamodb: 'pl-adae4bc4' },
  'eu-west-1': { s3: 'pl-6da54004', dynamodb: 'pl-6fa54006' },
  'eu-west-2': { s3: 'pl-7ca54015', dynamodb: 'pl-b3a742da' },
  'eu-west-3': { s3: 'pl-23ad484a', dynamodb: 'pl-abb451c2' },
  'us-east-1': { s3: 'pl-63a5400a', dynamodb: 'pl-02cd2c6b' },
  'us-east-2': { s3: 'pl-7ba54012', dynamodb: 'pl-4ca54025' },
  'us-west-1': { s3: 'pl-6ba54002', dynamodb: 'pl-6ea54007' },
  'us-west-2': { s3: 'pl-68a54001', dynamodb: 'pl-00a54069' },
};
