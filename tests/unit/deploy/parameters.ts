import { checkParameters } from '../../../deploy/parameters/check.ts';
import { config } from './deployment.ts';

export const { default: defaults } = config.params;
export const account = '123456789012';
const key = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const good = {
  secretArn: `arn:aws:secretsmanager:eu-central-1:${account}:secret:team/cci-AbC123`,
  keyArn: `arn:aws:kms:eu-central-1:${account}:key/${key}`,
  certificateArn: `arn:aws:acm:eu-central-1:${account}:certificate/${key}`,
  topicArn: `arn:aws:sns:eu-central-1:${account}:on-call`,
};
export type Given = Readonly<Record<string, string>>;
/** What auth=jwt needs. */
export const tokens: Given = {
  auth: 'jwt',
  authorization: 'allow-authenticated',
  oidcIssuer: 'https://issuer.example.com',
  oidcAudience: 'kubernetes',
};
/** As `--param` has them. */
export const asOptions = (given: Given): string[] => Object.entries(given).map(([name, value]) => `${name}=${value}`);

/** What is wrong of a deployment with these parameters, to eu-central-1. */
export function mistakesOf(given: Given, more: Partial<Parameters<typeof checkParameters>[0]> = {}): string[] {
  const deployment = { options: asOptions(given), defaults, ofStage: {}, stage: 'prod', region: 'eu-central-1', hasRbac: false };
  return checkParameters({ ...deployment, ...more }).mistakes;
}
