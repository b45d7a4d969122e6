/** moto: an emulator of AWS, made by others, on this machine. */
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { credential } from '../credentials.ts';
import { freePorts } from '../free-ports.ts';
import { cached } from './cache.ts';
import { must, start } from './processes.ts';
import { say } from './report.ts';

/** An IAM user's access key. */
export interface AwsKey {
  accessKeyId: string;
  secretAccessKey: string;
}
/** A running emulator. */
export interface Moto {
  readonly url: string;
  /** Makes an IAM user with a policy that allows these actions, and a key for it. */
  user(name: string, actions: readonly string[]): Promise<AwsKey>;
  /** From now on (or no longer) signatures are checked, and only what a policy allows is done. */
  enforce(on: boolean): Promise<void>;
  /** Makes a Lambda function that does nothing (moto runs real ones in containers only); returns its ARN. */
  emptyFunction(name: string): Promise<string>;
  stop(): Promise<void>;
}

const version = 'moto[server]==5.2.5';
const minute = 60_000;
export const region = 'us-east-1';
/** A key that moto takes as long as it enforces nothing. */
export const anyKey: AwsKey = { accessKeyId: credential('moto-ak'), secretAccessKey: credential('moto-sk') };

/** Starts moto on 127.0.0.1, from a venv in the cache; its log goes to `folder`. */
export async function startMoto(folder: string): Promise<Moto> {
  const python = await motoPython();
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|MOTO|INITIAL_NO_AUTH)_/.test(name));
  const server = start(
    python,
    ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    join(folder, 'moto.log'),
    Object.fromEntries(own),
  );
  try {
    await server.until(async () => (await fetch(`${url}/moto-api/`)).ok);
  } catch (error) {
    await server.stop();
    throw error;
  }

  const post = async (path: string, service: string, body: string | URLSearchParams): Promise<string> => {
    const scope = `${anyKey.accessKeyId}/20260101/${region}/${service}/aws4_request`;
    const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` };
    // A text without a type of its own, or moto takes it for a form.
    const typed = typeof body === 'string' ? { ...headers, 'content-type': 'text/plain' } : headers;
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: typed, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`moto: ${service} ${path}: ${response.status} ${text}`);
    return text;
  };
  const iam = (action: string, parameters: Record<string, string>) =>
    post('/', 'iam', new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }));
  return {
    url,
    async user(name, actions) {
      await iam('CreateUser', { UserName: name });
      // moto looks at the action alone, so that no resource but all of them would match.
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });
      if (actions.length > 0) await iam('PutUserPolicy', { UserName: name, PolicyName: 'allowed', PolicyDocument });
      const answer = await iam('CreateAccessKey', { UserName: name });
      const [accessKeyId = '', secretAccessKey = ''] = ['AccessKeyId', 'SecretAccessKey'].map(
        (tag) => new RegExp(`<${tag}>(.*)</${tag}>`).exec(answer)?.[1],
      );
      return { accessKeyId, secretAccessKey };
    },
    async enforce(on) {
      await post('/moto-api/reset-auth', 'moto', on ? '0' : 'inf');
    },
    async emptyFunction(name) {
      await post('/moto-api/config', 'moto', JSON.stringify({ lambda: { use_docker: false } }));
      await iam('CreateRole', { RoleName: name, AssumeRolePolicyDocument: '{}' });
      const Role = `arn:aws:iam::123456789012:role/${name}`;
      const Code = { ZipFile: Buffer.from('nothing').toString('base64') };
      const input = { FunctionName: name, Runtime: 'nodejs22.x', Handler: 'index.handler', Role, Code };
      return JSON.parse(await post('/2015-03-31/functions', 'lambda', JSON.stringify(input))).FunctionArn;
    },
    stop: () => server.stop(),
  };
}

const listModels = `
import json
from moto.cloudformation.parsing import get_model_map
def has(model, verb):
    return not hasattr(getattr(model, verb + '_from_cloudformation_json'), '__isabstractmethod__')
print(json.dumps({name: {'updates': has(model, 'update'), 'deletes': has(model, 'delete') or hasattr(model, 'delete')}
    for name, model in get_model_map().items()}))`;

/** The resource types that moto's CloudFormation makes, and whether it changes and takes away what it has made, as moto itself decides it. */
export async function cloudFormationModels(): Promise<Record<string, { updates: boolean; deletes: boolean }>> {
  return JSON.parse(await must(await motoPython(), ['-W', 'ignore', '-c', listModels]));
}

/** A client of Secrets Manager there, for what an operator does by hand. */
export function secretsClient(url: string, credentials: AwsKey = anyKey): SecretsManagerClient {
  return new SecretsManagerClient({ endpoint: url, region, credentials });
}

/** The Python of a venv that has moto. */
async function motoPython(): Promise<string> {
  const folder = await cached('moto', version, async (unfinished) => {
    say(`installing ${version} into a venv (once)`);
    await must('python3', ['-m', 'venv', unfinished], { timeout: 5 * minute });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', version];
    await must(join(unfinished, 'bin/python'), pip, { timeout: 10 * minute });
  });
  return join(folder, 'bin/python');
}
