/** What the log may be told of an error of the AWS client. */
export interface AwsErrorNote {
  /** Its name, such as AccessDeniedException. */
  error: string;
  /** What the system calls it, such as ECONNREFUSED. */
  code?: string;
  /** In our words, where neither says what to do. */
  why?: string;
}

const isName = /^[A-Za-z]\w{0,63}$/;
const isCode = /^[A-Z][A-Z0-9_]{2,31}$/;

/** The name and the code of an error of the AWS client. Its message is not kept: it names resources, and may quote what was sent. */
export function awsErrorNote(error: unknown): AwsErrorNote {
  const { name, message, code = '' }: NodeJS.ErrnoException = error instanceof Error ? error : new Error();
  const why = whyOf(name, message);
  return { error: isName.test(name) ? name : 'Error', ...(isCode.test(code) && { code }), ...(why && { why }) };
}

function whyOf(name: string, message: string): string | undefined {
  if (name === 'CredentialsProviderError') return 'there are no AWS credentials: set them as for any AWS client';
  if (message.startsWith('Region is missing')) return 'there is no AWS region: set AWS_REGION';
  return message.startsWith('Region not accepted') ? 'AWS_REGION is no region' : undefined;
}
