import { describe, expect, test } from 'vitest';
import cdk from '../../../cdk.json' with { type: 'json' };
import { type ConfigsOptions, unitsOf, withoutComments } from '../../../cli/unit/configs.ts';
import { readDeployment } from '../../../infra/settings/deployment.ts';
import { problemsOf } from '../../../registry/fields.ts';
import cases from '../../cases/configs.json' with { type: 'json' };

const read = (text: string, options: ConfigsOptions = {}) => unitsOf(JSON.parse(withoutComments(text)), options);

/** As the README of the guidance has its file. */
const WHOLE = `[
  {
    "STACK_PREFIX": "Acme_One", # unit 1 with dedicated SaaS resources
    "BEDROCK_ENDPOINT": "https://bedrock-runtime.{}.amazonaws.com", # bedrock-runtime endpoint used for invoking it
    "BEDROCK_REQUIREMENTS": "boto3>=1.34.62 awscli>=1.32.62 botocore>=1.34.62", # Requirements for Amazon Bedrock
    "LANGCHAIN_REQUIREMENTS": "aws-lambda-powertools langchain==0.1.12 pydantic PyYaml", # python modules
    "PANDAS_REQUIREMENTS": "pandas", // python modules installed for pandas layer
    "VPC_CIDR": "10.10.0.0/16" # CIDR used for the private VPC Env,
    "API_THROTTLING_RATE": 10000, #Throttling limit assigned to the usage plan
    "API_BURST_RATE": 5000 # Burst limit assigned to the usage plan,
    "SAGEMAKER_ENDPOINTS": "{'Mixtral 8x7B': 'Mixtral-SM-Endpoint'}" # List of SageMaker endpoints
  },
  {
    "STACK_PREFIX": "labs" # unit 2,
    "PARENT_STACK_PREFIX": "Acme_One", /* unit parent,
    */
    "API_BURST_RATE": 40, # Burst limit,
  },
]`;

describe('the guidance’s configs.json', () => {
  test('is read with its comments, and commas that are in them, missing or left over', () => {
    expect(read(WHOLE, { stage: 'dev' }).units).toEqual([
      {
        ...{ prefix: 'acme-one', stage: 'dev', network: { cidr: '10.10.0.0/16' } },
        ...{ throttleRate: 10_000, throttleBurst: 5_000 },
      },
      { prefix: 'labs', stage: 'dev', parent: 'acme-one', throttleBurst: 40 },
    ]);
    expect(withoutComments(WHOLE).split('\n')).toHaveLength(WHOLE.split('\n').length);
  });

  test('says of each member without a counterpart why, where it is not empty', () => {
    expect(read(WHOLE).notes).toEqual(
      [
        'BEDROCK_ENDPOINT',
        'BEDROCK_REQUIREMENTS',
        'LANGCHAIN_REQUIREMENTS',
        'PANDAS_REQUIREMENTS',
        'SAGEMAKER_ENDPOINTS',
      ].map((name) => expect.stringMatching(new RegExp(`^\\[0\\]\\.${name} is not used: `))),
    );
  });

  test('becomes units that cdk.json’s own reader takes', () => {
    const { units } = read(WHOLE, { stage: 'dev' });
    const { stages, plans } = readDeployment({ ...cdk.context, 'tollgate:units': units });
    expect(stages).toMatchObject([
      { stage: 'acme-one-dev', throttleRate: 10_000, network: { vpc: { cidr: '10.10.0.0/16' } } },
    ]);
    expect(plans).toMatchObject([{ parentStage: 'acme-one-dev', throttleBurst: 40 }]);
  });

  test('leaves a text alone that looks like a comment, or holds a comma before a bracket', () => {
    const text = '[{"STACK_PREFIX": "a", "SAGEMAKER_URL": "https://x/#y,]" }]';
    expect(withoutComments(text)).toBe(text);
    expect(withoutComments('"a\\"b // c"')).toBe('"a\\"b // c"');
  });

  test.each(cases.made)('$name', ({ given, options, units, notes }) => {
    const made = unitsOf(given, options);
    expect(made.units).toEqual(units);
    expect(made.notes.map((note) => note.split(' ')[0])).toEqual(notes);
  });

  test.each(cases.refused)('$name is refused by its place', ({ given, options, problems }) => {
    let thrown: unknown;
    try {
      unitsOf(given as never, options);
    } catch (error) {
      thrown = error;
    }
    expect(problemsOf(thrown).map(({ path, message }) => `${path} ${message}`)).toEqual(
      problems.map((one) => expect.stringContaining(one)),
    );
  });
});
