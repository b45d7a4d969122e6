/** Short, and with signs in them, so that no rule about what a key looks like hides them by chance. */
export const key = { accessKey: 'LEAKACCESSKEY', secretKey: 'leak-sk.!1', securityToken: 'leak-st.!2' };
export const secretName = 'leak/secret-name';
export const awsKeys = { AWS_ACCESS_KEY_ID: 'LEAKAWSKEY', AWS_SECRET_ACCESS_KEY: 'leak-aws-sk.3', AWS_SESSION_TOKEN: 'leak-aws-st.4' };
/** Values of env, in the stored job and in requests: one word, and one with what JSON, YAML and a URL escape. */
export const envValues = ['leakenv5', 'leak"env\\value, #6 é'];

/** What was answered to one request: everything that its caller sees. */
export interface Answered {
  situation: string;
  status: number;
  said: string;
}
