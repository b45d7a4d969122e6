import type { UserInfo } from '../../lib/callers/user-info.ts';

/** A caller who was authenticated, for tests to which it does not matter who. */
export const somebody: UserInfo = { username: 'somebody', uid: '', groups: ['system:authenticated'], extra: {} };
/** The ARN of a caller who signed. */
export const somebodysArn = 'arn:aws:iam::123456789012:user/somebody';
