import { COMPONENT_HEADER, TARGET_MODEL_HEADER } from '../../providers/sagemaker.ts';
import { type Field, type Fields, passed, translated } from '../fields.ts';

/**
 * The headers of InvokeEndpoint and of its stream
 * (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html). They choose among what runs
 * behind the one endpoint that was granted; what IAM can tell apart there, the grant names, and the caller does not.
 */

const word = (maxLength: number): Pick<Field, 'type' | 'maxLength'> => ({ type: 'string', maxLength });

export const ACCEPT_HEADER = 'x-amzn-sagemaker-accept';

const COMMON: Fields = {
  [COMPONENT_HEADER]: translated(
    "The granted model's own component, which is called also where the header is absent. Another one is another model: 403.",
    word(63),
  ),
  'x-amzn-sagemaker-target-variant': passed('A production variant of the endpoint.', word(63)),
  'x-amzn-sagemaker-target-container-hostname': passed('A container of the endpoint.', word(63)),
  'x-amzn-sagemaker-custom-attributes': passed('To the container.', word(1_024)),
  'x-amzn-sagemaker-session-id': passed('A session that the container keeps, or NEW_SESSION.', word(256)),
  'x-amzn-sagemaker-prefix-aware-id': passed('Requests of one prefix reach one instance.', word(1_024)),
  'x-amzn-sagemaker-inference-id': passed('Into data capture and logs of the account.', word(64)),
};

export const INVOKE_HEADERS: Fields = {
  ...COMMON,
  'x-amzn-sagemaker-enable-explanations': passed('An expression of Clarify.', word(64)),
  [TARGET_MODEL_HEADER]: translated(
    "Of an endpoint of many models the granted one (its entry's `targetModel`), which is called also where the header is absent. Another one is another model: 403. Of any other endpoint it is refused.",
    word(1_024),
  ),
};

export const INPUT_HEADER = 'x-amzn-sagemaker-inputlocation';
export const FOLDER_HEADER = 'x-amzn-sagemaker-s3outputpathextension';
export const TYPE_HEADER = 'x-amzn-sagemaker-content-type';

/** Those that name an answer, or by which SageMaker may name one. */
export const NAMING_HEADERS = ['x-amzn-sagemaker-filename', 'x-amzn-sagemaker-inference-id'];

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html */
export const ASYNC_HEADERS: Fields = {
  [INPUT_HEADER]: passed(
    "An object to be read, in the tenant's own folder: below the `asyncInput` of the model's entry, and there below the tenant's id. Where it is absent the body is read, and only there.",
    word(1_024),
  ),
  [FOLDER_HEADER]: translated(
    "A folder for the answer, in the tenant's own: its id is always put before it, so that no tenant's answers are among another's.",
    word(512),
  ),
  'x-amzn-sagemaker-filename': passed("The answer's name: one part of a key.", word(256)),
  'x-amzn-sagemaker-inference-id': passed(
    'Into notifications, and into what has no name of its own: one part of a key.',
    word(64),
  ),
  [TYPE_HEADER]: passed('What the input is.', word(1_024)),
  [ACCEPT_HEADER]: passed('What the container is to answer in.', word(1_024)),
  'x-amzn-sagemaker-custom-attributes': passed('To the container.', word(1_024)),
  'x-amzn-sagemaker-requestttlseconds': passed('For how long it may wait for its turn.', word(5)),
  'x-amzn-sagemaker-invocationtimeoutseconds': passed('For how long it may run.', word(4)),
};

export const STREAM_HEADERS: Fields = {
  ...COMMON,
  [ACCEPT_HEADER]: passed('What the container is to answer in, within the payload parts.', word(1_024)),
};
