import { describe, expect, it } from 'vitest';
import { awsErrorNote } from '../../../lib/runtime/aws-error.ts';

const errorOf = (message: string, members: object = {}) => Object.assign(new Error(message), members);

describe('what the log is told of an error of the AWS client', () => {
  it.each<[string, unknown, object]>([
    [
      'AWS refuses',
      errorOf('User: arn:aws:iam::1:user/hunter2 is not authorized', { name: 'AccessDeniedException' }),
      { error: 'AccessDeniedException' },
    ],
    ['there is no such secret', errorOf('hunter2', { name: 'ResourceNotFoundException' }), { error: 'ResourceNotFoundException' }],
    ['the network', errorOf('getaddrinfo ENOTFOUND hunter2', { code: 'ENOTFOUND' }), { error: 'Error', code: 'ENOTFOUND' }],
    ['no time is left', errorOf('x', { name: 'TimeoutError', code: 23 }), { error: 'TimeoutError' }],
    [
      'there are no credentials',
      errorOf('Could not load credentials from any providers', { name: 'CredentialsProviderError' }),
      { error: 'CredentialsProviderError', why: 'there are no AWS credentials: set them as for any AWS client' },
    ],
    ['there is no region', errorOf('Region is missing'), { error: 'Error', why: 'there is no AWS region: set AWS_REGION' }],
    ['the region is none', errorOf('Region not accepted: region="hunter2"'), { error: 'Error', why: 'AWS_REGION is no region' }],
    ['an endpoint makes up names', errorOf('x', { name: 'hunter2 hunter2', code: 'hunter2' }), { error: 'Error' }],
    ['it is no error', undefined, { error: 'Error' }],
    ['it is a text', 'hunter2', { error: 'Error' }],
  ])('says what it is where %s, and nothing of its message', (_title, error, note) => {
    expect(awsErrorNote(error)).toEqual(note);
  });
});
