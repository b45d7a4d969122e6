import { planted } from '../../credentials.ts';

export const { key, awsKeys } = planted;
export const secretName = 'leak/secret-name';
/** Values of env, in the stored job and in requests: one word, and one with what JSON, YAML and a URL escape. */
export const envValues = ['leakenv5', 'leak"env\\value, #6 é'];

/** What was answered to one request: everything that its caller sees. */
export interface Answered {
  situation: string;
  status: number;
  said: string;
}
