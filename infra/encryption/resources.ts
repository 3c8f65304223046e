import { type CfnResource, Lazy } from 'aws-cdk-lib';

/** Puts a resource under a key. `plainly` asks, once all is known, whether it must stay under keys of AWS. */
type Encrypt = (resource: CfnResource, keyArn: string, plainly: () => boolean) => void;

/** Whichever class made the resource, and whatever it said before. */
const property =
  (path: string, under: (keyArn: string) => unknown = (keyArn) => keyArn): Encrypt =>
  (resource, keyArn) =>
    resource.addPropertyOverride(path, under(keyArn));

/**
 * How each type of resource that holds data is put under a key, by the properties of CloudFormation; all of them change in
 * place ("Update requires: No interruption"), which test/infra/encryption.test.ts asks CloudFormation's schemas. It also
 * finds a type that could be encrypted and is neither here nor in the list of those that need not be.
 */
export const UNDER_KEY: Readonly<Record<string, Encrypt>> = {
  'AWS::Athena::WorkGroup': property(
    'WorkGroupConfiguration.ResultConfiguration.EncryptionConfiguration',
    (KmsKey) => ({ EncryptionOption: 'SSE_KMS', KmsKey }),
  ),
  'AWS::CloudTrail::Trail': property('KMSKeyId'),
  'AWS::DynamoDB::Table': property('SSESpecification', (KMSMasterKeyId) => ({
    SSEEnabled: true,
    SSEType: 'KMS',
    KMSMasterKeyId,
  })),
  'AWS::KinesisFirehose::DeliveryStream': property('DeliveryStreamEncryptionConfigurationInput', (KeyARN) => ({
    KeyType: 'CUSTOMER_MANAGED_CMK',
    KeyARN,
  })),
  'AWS::Lambda::Function': property('KmsKeyArn'),
  'AWS::Logs::LogGroup': property('KmsKeyId'),
  // A key of the bucket's own stands between, so that KMS is not asked for every object.
  'AWS::S3::Bucket': (resource, KMSMasterKeyID, plainly) =>
    resource.addPropertyOverride(
      'BucketEncryption.ServerSideEncryptionConfiguration',
      Lazy.any({
        produce: () => [
          plainly()
            ? { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }
            : { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID } },
        ],
      }),
    ),
  'AWS::SecretsManager::Secret': property('KmsKeyId'),
  'AWS::SNS::Topic': property('KmsMasterKeyId'),
  'AWS::SQS::Queue': (resource, keyArn) => {
    resource.addPropertyOverride('KmsMasterKeyId', keyArn);
    resource.addPropertyOverride('SqsManagedSseEnabled', false);
  },
};
