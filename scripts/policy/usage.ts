/** What is told to whoever called a command wrongly: a plain sentence, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
