import { randomUUID } from 'node:crypto';
import { AwsError, invalid } from './error.ts';
import type { Service } from './service.ts';
import { queryAnswer, queryError } from './xml.ts';

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** The Simple Notification Service, Query protocol: Publish, to whatever topic of the account; nobody has subscribed to it here. */
export function createSns(account: string): Service {
  return {
    name: 'sns',
    strict: () => true,
    fail: (error) => queryError(error, randomUUID(), NAMESPACE),
    plan({ body, region }) {
      const form = new URLSearchParams(body.toString('utf8'));
      if (form.get('Action') !== 'Publish')
        throw invalid('Could not find operation for this service.', 'InvalidAction');
      const topic = form.get('TopicArn') ?? '';
      const subject = form.get('Subject');
      if (subject !== null && !/^[!-~][ -~]{0,98}$/.test(subject)) throw invalid('Invalid parameter: Subject');
      if (!form.get('Message')) throw invalid('Invalid parameter: Empty message');
      return {
        operation: 'Publish',
        needs: [{ action: 'sns:Publish', resource: topic, context: {} }],
        serve() {
          if (!topic.startsWith(`arn:aws:sns:${region}:${account}:`))
            throw new AwsError(404, 'NotFound', 'Topic does not exist');
          return queryAnswer('Publish', { MessageId: randomUUID() }, randomUUID(), NAMESPACE);
        },
      };
    },
  };
}
